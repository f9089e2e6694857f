-- The schemas that migrator made in this database: those that bear its mark, whatever they are called.
SELECT n.nspname FROM pg_catalog.pg_namespace n
WHERE coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') ~ '^migrator [{]'
ORDER BY 1
