-- Indexes of plain tables, as pg_dump's table of contents names them: the table, the class and OID of the entry, which is
-- the constraint's where one stands behind the index, and whether expressions or a predicate of it may call functions.
-- Those may want to see rows of other tables, and exclusion constraints are checked row by row, which are left out.
SELECT n.nspname, t.relname,
       coalesce(k.tableoid, c.tableoid)::bigint AS class, coalesce(k.oid, c.oid)::bigint AS oid,
       i.indexprs IS NOT NULL OR i.indpred IS NOT NULL AS calling
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid AND t.relkind = 'r' AND NOT t.relispartition
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND k.contype IS DISTINCT FROM 'x'
