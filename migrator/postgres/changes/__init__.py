"""Reads changed rows by key, keeps them in files, and applies them to the other side."""
