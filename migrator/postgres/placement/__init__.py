"""SQL for the rows of a placement: key paths, tenants, selections, row hashes."""
