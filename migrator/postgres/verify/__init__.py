"""Digests and inventories of databases, and the proof of one target."""
