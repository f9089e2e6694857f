-- CHECK constraints of tables that call functions of the user's own, one row for each of these functions, with the
-- statements that add and drop the constraint; inherited ones go with those that they come from.
SELECT n.nspname AS schema, t.relname AS table_name, c.conname AS name, pn.nspname AS routine_schema,
       p.proname AS routine_name,
       pn.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS routine,
       format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s;', n.nspname, t.relname, c.conname,
              pg_catalog.pg_get_constraintdef(c.oid)) AS add_statement,
       format('ALTER TABLE %I.%I DROP CONSTRAINT %I;', n.nspname, t.relname, c.conname) AS drop_statement
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_depend d
  ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = c.oid
 AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
WHERE c.contype = 'c' AND c.coninhcount = 0 AND pn.nspname <> 'pg_catalog'
  AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
ORDER BY 1, 2, 3, 4, 5
