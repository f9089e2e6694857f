"""What can be inferred of a schema that nobody has described: the tenant root, undeclared keys, placements."""
