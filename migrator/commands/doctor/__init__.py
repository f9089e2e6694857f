"""The command doctor: whether machine, servers and privileges are such that a migration can begin."""
