"""Moves rows to quarantine, and restores them."""
