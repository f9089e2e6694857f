"""Reads the facts that the audit's rules decide from."""
