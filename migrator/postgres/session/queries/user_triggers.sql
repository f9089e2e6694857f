-- Triggers that people made on the given tables, with their state: O origin, R replica, A always, D disabled.
-- Copies of a partitioned table's triggers on its partitions are marked internal before version 15.
SELECT n.nspname, c.relname, t.tgname, t.tgenabled::text
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (nspname, relname) USING (nspname, relname)
WHERE (NOT t.tgisinternal OR t.tgparentid <> 0)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.oid = t.tgconstraint AND k.contype <> 't')
ORDER BY 1, 2, 3
