-- Tables and materialized views that hold something, with what of them can be analysed. Partitions come with the
-- partitioned table they belong to, which autovacuum never analyses itself; catalogs keep the template's statistics.
SELECT n.nspname, c.relname, c.relkind = 'p' AS partitioned,
       array_agg(a.attname ORDER BY a.attnum) AS columns
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> 'migrator_receipts'
  AND (c.relkind = 'p' OR pg_catalog.pg_relation_size(c.oid) > 0)
GROUP BY n.nspname, c.relname, c.relkind
ORDER BY 1, 2
