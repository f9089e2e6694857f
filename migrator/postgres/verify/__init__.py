"""Digests and inventories of databases, and the verification of one target."""
