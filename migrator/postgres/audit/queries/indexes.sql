-- Indexes of tables and of their partitions, with what decides whether they serve and whether two of them are the same.
-- Parameter schemas as in tables.sql.
SELECT n.nspname AS schema, c.relname AS name, tn.nspname AS table_schema, t.relname AS table_name,
       rn.nspname AS root_schema, r.relname AS root_name,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0
        WHERE k.place <= i.indnkeyatts) AS columns,
       am.amname AS method,
       concat_ws(' ', am.amname, i.indnkeyatts, i.indkey, i.indclass, i.indcollation, i.indoption,
                 'expressions', pg_catalog.pg_get_expr(i.indexprs, i.indrelid),
                 'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
                 'nulls not distinct', to_jsonb(i) ->> 'indnullsnotdistinct') AS signature,
       i.indisunique AS unique, i.indisprimary AS primary, i.indimmediate AS immediate,
       i.indisvalid AND i.indisready AS valid,
       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index b WHERE b.index_relid = i.indexrelid)
           AS building,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
       i.indnatts = i.indnkeyatts AND i.indexprs IS NULL
       AND NOT EXISTS (SELECT FROM unnest(i.indoption::int2[]) o (bits) WHERE bits <> 0)
       AND NOT EXISTS (SELECT FROM unnest(i.indclass::oid[]) o (oid)
                       JOIN pg_catalog.pg_opclass oc ON oc.oid = o.oid WHERE NOT oc.opcdefault)
       AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) o (attnum, sorting)
                       JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = o.attnum
                       WHERE o.sorting <> 0 AND o.sorting <> a.attcollation) AS ordered,
       coalesce(k.contype::text, '') AS constraint, coalesce(k.conname, '') AS constraint_name,
       i.indisreplident OR EXISTS (SELECT FROM pg_catalog.pg_constraint f
                                   WHERE f.conindid = i.indexrelid AND f.contype = 'f') AS referenced,
       c.relkind = 'I' AS partitioned, c.relispartition AS attached,
       NOT coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_distinct,  -- since 15
       pg_catalog.pg_stat_get_numscans(c.oid) AS scans, pg_catalog.pg_relation_size(c.oid) AS bytes
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p') AND t.relpersistence <> 't'
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = coalesce(pg_catalog.pg_partition_root(t.oid), t.oid)
JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
JOIN pg_catalog.pg_am am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE CASE WHEN %(schemas)s::text[] IS NULL
           THEN rn.nspname !~ '^pg_' AND rn.nspname <> 'information_schema'
                AND coalesce(pg_catalog.obj_description(rn.oid, 'pg_namespace'), '') !~ '^migrator [{]'
           ELSE rn.nspname = ANY (%(schemas)s::text[]) END
ORDER BY n.nspname, c.relname
