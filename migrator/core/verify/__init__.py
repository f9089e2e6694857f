"""Compares digests of both sides and accounts for rows."""
