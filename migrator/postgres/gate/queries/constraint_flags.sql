-- How the given foreign keys are declared: whether they may be deferred, and are from the start.
SELECT n.nspname, c.relname, k.conname, k.condeferrable, k.condeferred
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN unnest(%(schemas)s::text[], %(tables)s::text[], %(names)s::text[]) AS wanted (nspname, relname, conname)
     USING (nspname, relname, conname)
ORDER BY 1, 2, 3
