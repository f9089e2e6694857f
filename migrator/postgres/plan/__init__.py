"""Reads what dry-run has to know of the servers."""
