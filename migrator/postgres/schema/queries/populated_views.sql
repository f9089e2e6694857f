-- Materialized views that hold rows, as quoted names; the order is that of their making.
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND c.relispopulated
  AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
ORDER BY c.oid
