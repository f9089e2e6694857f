-- The comment on the schema of capture; no row where there is no such schema.
SELECT pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = 'migrator_follow'
