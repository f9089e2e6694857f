"""Moves the tenants of a wave to their own databases while the source is written to, and back again."""
