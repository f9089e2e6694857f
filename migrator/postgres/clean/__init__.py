"""Rows moved to quarantine, and put back."""
