-- Tables and materialized views worth analysing, with their columns: those of at least %(pages)s pages, all that hold
-- something where autovacuum is off, and every partitioned table, which autovacuum never analyses itself (its partitions
-- come with it). Catalogs keep the template's statistics.
SELECT n.nspname, c.relname, c.relkind = 'p' AS partitioned,
       ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
       s.autovacuum
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN (SELECT pg_catalog.current_setting('autovacuum')::boolean AS autovacuum,
                   pg_catalog.current_setting('block_size')::bigint AS page) s
WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
  AND (c.relkind = 'p'
       OR pg_catalog.pg_relation_size(c.oid) >= CASE WHEN s.autovacuum THEN %(pages)s * s.page ELSE 1 END)
ORDER BY 1, 2
