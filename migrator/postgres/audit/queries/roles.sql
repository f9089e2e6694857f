-- Roles that own tables, or are granted something on schemas, tables, sequences, views, functions, or by policies; those
-- that PostgreSQL itself defines left out. Parameter schemas as in tables.sql.
WITH chosen AS (
    SELECT n.oid, n.nspacl FROM pg_catalog.pg_namespace n
    WHERE CASE WHEN %(schemas)s::text[] IS NULL
               THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                    AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
               ELSE n.nspname = ANY (%(schemas)s::text[]) END
), relation AS (
    SELECT c.oid, c.relowner, c.relkind, c.relacl FROM pg_catalog.pg_class c JOIN chosen n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), grantee AS (
    SELECT a.grantee FROM relation r CROSS JOIN LATERAL aclexplode(r.relacl) a WHERE a.grantee <> r.relowner
    UNION
    -- The owner of the database may come with the server, as pg_database_owner does.
    SELECT a.grantee FROM chosen n CROSS JOIN LATERAL aclexplode(n.nspacl) a WHERE a.grantee <> a.grantor
    UNION
    SELECT a.grantee FROM pg_catalog.pg_proc p JOIN chosen n ON n.oid = p.pronamespace
    CROSS JOIN LATERAL aclexplode(p.proacl) a WHERE a.grantee <> p.proowner
    UNION
    SELECT unnest(p.polroles) FROM pg_catalog.pg_policy p JOIN relation r ON r.oid = p.polrelid
)
SELECT o.rolname, (SELECT count(*) FROM relation r WHERE r.relowner = o.oid AND r.relkind IN ('r', 'p'))::int,
       EXISTS (SELECT FROM grantee g WHERE g.grantee = o.oid), o.rolsuper
FROM pg_catalog.pg_roles o
WHERE o.rolname !~ '^pg_'
  AND (EXISTS (SELECT FROM relation r WHERE r.relowner = o.oid) OR EXISTS (SELECT FROM grantee g WHERE g.grantee = o.oid))
ORDER BY o.rolname
