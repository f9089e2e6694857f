-- Schemas that are called like those that migrator makes, and are somebody else's.
SELECT n.nspname FROM pg_catalog.pg_namespace n
WHERE n.nspname IN ('migrator_fence', 'migrator_follow', 'migrator_quarantine', 'migrator_receipts')
  AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
ORDER BY 1
