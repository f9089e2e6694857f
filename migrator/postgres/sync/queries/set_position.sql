-- Says up to which snapshot of one side this database has been brought, in the transaction that brings it there.
INSERT INTO migrator_follow.positions (side, snapshot) VALUES (%(side)s, %(snapshot)s)
ON CONFLICT (side) DO UPDATE SET snapshot = excluded.snapshot, at = pg_catalog.now()
RETURNING side
