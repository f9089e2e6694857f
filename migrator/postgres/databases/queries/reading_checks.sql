-- CHECK constraints whose function may read rows of tables, which are not there yet while a database is filled: one that
-- is not IMMUTABLE, or whose text has FROM or JOIN in it. With the statements that add the constraint (and its comment)
-- and drop it; inherited ones go with those that they come from.
SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s;', n.nspname, t.relname, c.conname,
              pg_catalog.pg_get_constraintdef(c.oid))
       || CASE WHEN pg_catalog.obj_description(c.oid, 'pg_constraint') IS NOT NULL
               THEN format(' COMMENT ON CONSTRAINT %I ON %I.%I IS %L;', c.conname, n.nspname, t.relname,
                           pg_catalog.obj_description(c.oid, 'pg_constraint'))
               ELSE '' END,
       format('ALTER TABLE %I.%I DROP CONSTRAINT %I;', n.nspname, t.relname, c.conname)
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE c.contype = 'c' AND c.coninhcount = 0
  AND EXISTS (
      SELECT FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
      WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        AND l.lanname NOT IN ('c', 'internal')
        AND (p.provolatile <> 'i' OR to_jsonb(p) ->> 'prosqlbody' IS NOT NULL OR p.prosrc ~* '\m(from|join)\M'))
ORDER BY n.nspname, t.relname, c.conname
