-- Tables of the source that take writes while it is fenced: the fence's trigger is not on them, does not fire for every
-- role and replica, or its function is not ours any more.
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
  AND (%(schemas)s::text[] IS NULL OR n.nspname = ANY (%(schemas)s::text[]))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t
                  JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
                  JOIN pg_catalog.pg_namespace f ON f.oid = p.pronamespace
                  WHERE t.tgrelid = c.oid AND t.tgenabled = 'A' AND f.nspname = 'migrator_fence' AND p.prosrc = %(refusal)s
                    -- before, for INSERT, DELETE and UPDATE
                    AND t.tgtype & 30 = 30 AND t.tgqual IS NULL)
ORDER BY 1, 2
