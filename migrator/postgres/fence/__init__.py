"""Keeps writers out: the fence of the source, locks on tables, read-only targets."""
