-- Tables and sequences whose rows an extension declared to be the database's own configuration
-- (pg_extension_config_dump), each with the condition that tells these rows from those that the extension brought.
SELECT e.extname AS extension, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       coalesce(k.condition, '') AS condition,
       (SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}')
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
FROM pg_catalog.pg_extension e
CROSS JOIN unnest(e.extconfig, e.extcondition) WITH ORDINALITY k (oid, condition, place)
JOIN pg_catalog.pg_class c ON c.oid = k.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'S')
ORDER BY e.extname, k.place
