-- Columns of whole numbers that draw them by themselves, domains resolved: what the numbers of a sequence have to fit.
WITH RECURSIVE resolved (oid, base) AS (
    SELECT t.oid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype <> 'd'
    UNION ALL
    SELECT t.oid, r.base FROM pg_catalog.pg_type t JOIN resolved r ON r.oid = t.typbasetype WHERE t.typtype = 'd'
)
SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(r.base, NULL)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN resolved r ON r.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped AND (a.atthasdef OR a.attidentity <> '')
  AND r.base IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
