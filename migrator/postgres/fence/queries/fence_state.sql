-- The fence that stands: the schema's comment (our mark) beside each fenced table and the trigger that fences it;
-- one row without a table where the schema exists and no table is fenced yet. What partitions have as copies of their
-- parent's trigger is not listed. The trigger's argument is the run's id, which is left where somebody took the mark away.
SELECT pg_catalog.obj_description(f.oid, 'pg_namespace'), n.nspname, c.relname, t.tgname,
       split_part(pg_catalog.encode(t.tgargs, 'escape'), '\000', 1)
FROM pg_catalog.pg_namespace f
LEFT JOIN (pg_catalog.pg_trigger t
           JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)
       ON NOT t.tgisinternal
          AND (t.tgname = 'migrator_fence' OR t.tgname = 'migrator_fence_rows' AND NOT c.relispartition)
WHERE f.nspname = 'migrator_fence'
