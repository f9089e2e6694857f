"""Dumps databases, encrypted on demand, and restores them."""
