-- Columns whose type is made of another table's row type, through arrays, domains and composite types too: (schema, table,
-- column, schema and name of that other table). The table cannot be made where the other one is missing.
WITH RECURSIVE used (relation, attribute, type) AS (
    SELECT a.attrelid, a.attname, a.atttypid
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
    UNION
    SELECT u.relation, u.attribute, further.type
    FROM used u
    JOIN pg_catalog.pg_type t ON t.oid = u.type
    LEFT JOIN pg_catalog.pg_class k ON k.oid = t.typrelid AND k.relkind = 'c'
    CROSS JOIN LATERAL (
        SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = k.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) further (type)
)
SELECT DISTINCT n.nspname, c.relname, u.attribute, on_.nspname, o.relname
FROM used u
JOIN pg_catalog.pg_class c ON c.oid = u.relation
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class o ON o.reltype = u.type AND o.relkind IN ('r', 'p', 'f') AND o.oid <> c.oid
JOIN pg_catalog.pg_namespace on_ ON on_.oid = o.relnamespace
ORDER BY 1, 2, 3
