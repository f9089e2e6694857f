-- Those of the given tables that hold partitions and are none themselves.
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (nspname, relname) USING (nspname, relname)
WHERE c.relkind = 'p' AND NOT c.relispartition
ORDER BY 1, 2
