-- How large each heap is, and what its rows need by the planner's statistics: header, null bitmap and the columns' average
-- widths, aligned, at the table's fillfactor. Only tables of which every column has statistics. Parameter schemas as in
-- tables.sql.
SELECT n.nspname AS schema, c.relname AS name, rn.nspname AS root_schema, r.relname AS root_name,
       pg_catalog.pg_relation_size(c.oid) AS size,
       (ceil(c.reltuples * (4 + ceil((23 + ceil(w.columns / 8.0)) / 8) * 8 + ceil(w.bytes / 8) * 8)
             / ((current_setting('block_size')::int - 24) * coalesce(f.percent, 100) / 100.0))
        * current_setting('block_size')::int)::bigint AS needed
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
CROSS JOIN LATERAL (
    SELECT count(*) AS columns, count(s.attname) AS known, sum((1 - s.null_frac) * s.avg_width) AS bytes
    FROM pg_catalog.pg_attribute a
    LEFT JOIN pg_catalog.pg_stats s
           ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
) w
LEFT JOIN LATERAL (
    SELECT option_value::int AS percent FROM pg_catalog.pg_options_to_table(c.reloptions)
    WHERE option_name = 'fillfactor'
) f ON true
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.reltuples > 0 AND w.known = w.columns AND w.columns > 0
  AND CASE WHEN %(schemas)s::text[] IS NULL
           THEN rn.nspname !~ '^pg_' AND rn.nspname <> 'information_schema'
                AND coalesce(pg_catalog.obj_description(rn.oid, 'pg_namespace'), '') !~ '^migrator [{]'
           ELSE rn.nspname = ANY (%(schemas)s::text[]) END
ORDER BY n.nspname, c.relname
