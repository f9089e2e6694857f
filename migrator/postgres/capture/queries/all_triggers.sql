-- Every trigger of capture that can be dropped by itself, by table: not the copies that partitions have of a parent's.
SELECT n.nspname, c.relname, t.tgname
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace f ON f.oid = p.pronamespace
WHERE f.nspname = 'migrator_follow' AND NOT t.tgisinternal
  -- The column is there since 13; before, copies are internal.
  AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0'
ORDER BY 1, 2, 3
