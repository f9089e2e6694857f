-- The columns of those of the given relations that are there.
SELECT n.nspname, c.relname, array_agg(a.attname::text)
FROM unnest(%(schemas)s::text[], %(names)s::text[]) wanted (nspname, relname)
JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.nspname
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.relname
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY 1, 2
