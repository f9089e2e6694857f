"""Digests of both sides, what they disagree on, and conservation of rows."""
