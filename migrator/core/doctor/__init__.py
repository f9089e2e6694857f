"""Judges whether machine, servers and privileges are such that a migration can begin."""
