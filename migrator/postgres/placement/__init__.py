"""SQL of placements: key paths, tenants, selections, row hashes."""
