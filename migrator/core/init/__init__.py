"""Inference from a schema that nobody has described: tenant root, undeclared keys, placements."""
