-- What rows have to pass when they come into a table, as (schema, table, name, expression): its valid (and enforced) CHECK
-- constraints, and those of its columns' domains and of the domains below them, whose VALUE is a column of a subquery.
-- Tables that were made as partitions of others are not listed: their rows come in by the topmost parent.
WITH RECURSIVE tables AS (
    SELECT t.oid, n.nspname, t.relname
    FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
), domain (oid, below, base) AS (
    SELECT d.oid, d.oid, d.typbasetype FROM pg_catalog.pg_type d WHERE d.typtype = 'd'
    UNION ALL
    SELECT d.oid, b.oid, b.typbasetype
    FROM domain d JOIN pg_catalog.pg_type b ON b.oid = d.base AND b.typtype = 'd'
)
SELECT t.nspname, t.relname, c.conname, pg_catalog.pg_get_expr(c.conbin, c.conrelid)
FROM pg_catalog.pg_constraint c
JOIN tables t ON t.oid = c.conrelid
WHERE c.contype = 'c' AND c.convalidated AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
UNION ALL
SELECT t.nspname, t.relname, c.conname || ' (' || a.attname || ')',
       format('(SELECT %s FROM (SELECT CAST(%I AS %s) AS value) AS v)', pg_catalog.pg_get_expr(c.conbin, 0), a.attname,
              pg_catalog.format_type(
                  (SELECT b.base FROM domain b JOIN pg_catalog.pg_type y ON y.oid = b.base AND y.typtype <> 'd'
                   WHERE b.oid = a.atttypid LIMIT 1), NULL))
FROM tables t
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN domain d ON d.oid = a.atttypid
JOIN pg_catalog.pg_constraint c ON c.contypid = d.below AND c.contype = 'c' AND c.convalidated
ORDER BY 1, 2, 3
