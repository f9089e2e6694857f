-- Captured tables and their partitions, by plain reads of the catalog: functions that look tables up see what is committed
-- now, not what the transaction's snapshot has. A table that is captured by several numbers has the highest. Of a trigger
-- xmin changes with every ALTER TABLE that touches it, and is kept by VACUUM.
WITH RECURSIVE captured (number, oid) AS (
    SELECT max(k.number), c.oid
    FROM migrator_follow.tables k
    JOIN pg_catalog.pg_namespace n ON n.nspname = k.schema_name
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = k.table_name
    GROUP BY c.oid
), tree (number, oid) AS (
    SELECT number, oid FROM captured
    UNION ALL
    SELECT t.number, i.inhrelid
    FROM tree t
    JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT t.number, n.nspname, c.relname, c.oid::bigint, c.relfilenode::bigint,
       (SELECT coalesce(array_agg(i.inhparent::bigint ORDER BY i.inhseqno), '{}')
        FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid),
       -- By number, not by name: a column that was dropped and added again is another one.
       (SELECT pg_catalog.hashtextextended(string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation), ','
                                         ORDER BY a.attnum), 0)::text
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       coalesce(g.oid || ' ' || g.xmin::text, ''), coalesce(g.tgenabled = 'A', g.oid IS NULL AND c.relkind = 'p'),
       c.relpersistence <> 'u', c.relkind <> 'p'
FROM tree t
JOIN pg_catalog.pg_class c ON c.oid = t.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
-- One by one, by the index: joined with all triggers it would be the square of the number of tables.
LEFT JOIN LATERAL (
    SELECT k.oid, k.xmin, k.tgenabled
    FROM pg_catalog.pg_trigger k
    JOIN pg_catalog.pg_proc p ON p.oid = k.tgfoid
    JOIN pg_catalog.pg_namespace f ON f.oid = p.pronamespace
    WHERE k.tgrelid = c.oid AND k.tgname = '!migrator_capture'
      AND f.nspname = 'migrator_follow' AND p.proname = 'capture_' || t.number
      -- after, for each row: for INSERT, DELETE and UPDATE, without a condition
      AND k.tgtype & 95 = 29 AND k.tgqual IS NULL AND k.tgattr::text = ''
    LIMIT 1) g ON true
ORDER BY n.nspname, c.relname
