-- The columns of a table with the spelling of their types, and the operator that its own B-tree indexes compare each by.
-- No operator where the type has none of its own: it is compared as the type that it is made of, by pg_catalog's =.
WITH RECURSIVE bases (column_name, type, base) AS (
    SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.column_name, b.type, t.typbasetype
    FROM bases b JOIN pg_catalog.pg_type t ON t.oid = b.base WHERE t.typtype = 'd'
)
SELECT b.column_name, b.type, s.nspname, o.oprname
FROM bases b
JOIN pg_catalog.pg_type t ON t.oid = b.base AND t.typtype <> 'd'
LEFT JOIN (
    pg_catalog.pg_opclass c
    JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'
    JOIN pg_catalog.pg_amop p ON p.amopfamily = c.opcfamily AND p.amoplefttype = c.opcintype
        AND p.amoprighttype = c.opcintype AND p.amopstrategy = 3
    JOIN pg_catalog.pg_operator o ON o.oid = p.amopopr
    JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
) ON c.opcintype = t.oid AND c.opcdefault
