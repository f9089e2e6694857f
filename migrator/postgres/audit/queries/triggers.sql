-- Triggers that somebody wrote, with the routine that each calls. Copies that partitions got from their parent are left
-- out unless they alone are disabled. Parameter schemas as in tables.sql.
SELECT n.nspname, r.relname, t.tgname,
       pn.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', t.tgenabled <> 'D'
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class r ON r.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
LEFT JOIN pg_catalog.pg_trigger parent ON parent.oid = t.tgparentid
WHERE NOT t.tgisinternal AND coalesce(pg_catalog.obj_description(pn.oid, 'pg_namespace'), '') !~ '^migrator [{]'
  AND (parent.oid IS NULL OR t.tgenabled = 'D' AND parent.tgenabled <> 'D')
  AND CASE WHEN %(schemas)s::text[] IS NULL
           THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
           ELSE n.nspname = ANY (%(schemas)s::text[]) END
ORDER BY n.nspname, r.relname, t.tgname
