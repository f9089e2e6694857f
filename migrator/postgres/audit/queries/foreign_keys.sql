-- Foreign keys that do not check what they say: temporal ones (PERIOD, 18 and newer) ask for a covered range instead of
-- an equal row, and those whose triggers are off check nothing. Parameter schemas as in tables.sql.
SELECT n.nspname AS schema, r.relname AS table, c.conname AS name,
       coalesce((to_jsonb(c) ->> 'conperiod')::boolean, false) AS temporal,
       EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled = 'D') AS disabled
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE c.contype = 'f' AND c.conparentid = 0
  AND CASE WHEN %(schemas)s::text[] IS NULL
           THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
           ELSE n.nspname = ANY (%(schemas)s::text[]) END
ORDER BY n.nspname, r.relname, c.conname
