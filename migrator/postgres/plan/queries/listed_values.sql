-- Columns of a target whose type takes only values that the database knows, as (schema, table, column): names of objects
-- (regclass and its like) and labels of enums; also where an array, a domain, a range or a composite type is made of them.
WITH RECURSIVE columns AS (
    SELECT n.nspname, t.relname, a.attname, a.atttypid
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class t ON t.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
), made (whole, part) AS (
    SELECT atttypid, atttypid FROM columns
    UNION
    SELECT m.whole, x.part
    FROM made m
    JOIN pg_catalog.pg_type t ON t.oid = m.part
    CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL
        SELECT a.atttypid
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE t.oid = r.rngtypid
    ) AS x (part)
)
SELECT c.nspname, c.relname, c.attname
FROM columns c
WHERE EXISTS (
    SELECT FROM made m JOIN pg_catalog.pg_type t ON t.oid = m.part
    WHERE m.whole = c.atttypid
      AND (t.typtype = 'e'
           OR t.typnamespace = 'pg_catalog'::regnamespace AND t.typname ~ '^reg' AND t.typelem = 0)
)
ORDER BY 1, 2, 3
