-- Rewrite rules on the given tables that would turn an INSERT (3) or DELETE (4) into something else.
SELECT n.nspname, c.relname, r.rulename
FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (nspname, relname) USING (nspname, relname)
WHERE r.ev_type IN ('3', '4') AND r.ev_enabled <> 'D'
ORDER BY 1, 2, 3
