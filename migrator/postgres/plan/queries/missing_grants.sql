-- What the connected role lacks in this database for the stages of a split, each with the statement that gives it: rows
-- of (need, what is lacking, statement). The needs are those of migrator.core.readiness.
WITH me AS (
    SELECT rolname, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user
), schemas AS (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_'
      AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
      AND n.nspname <> 'information_schema'
), relation AS (
    SELECT c.oid, c.relname, c.relkind, c.relowner, n.nspname,
           CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable
    FROM pg_catalog.pg_class c JOIN schemas n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'
), db AS (
    SELECT d.datname, d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
)
SELECT 'read', format('USAGE on schema %I', nspname), format('GRANT USAGE ON SCHEMA %I TO %I', nspname, rolname)
FROM schemas, me WHERE NOT pg_catalog.has_schema_privilege(schemas.oid, 'USAGE')
UNION ALL
SELECT 'read', format('SELECT on %I.%I', nspname, relname),
       -- Many are given at once: the list is one to type.
       CASE WHEN count(*) OVER (PARTITION BY nspname, relkind = 'S') > 3
            THEN format('GRANT SELECT ON ALL %sS IN SCHEMA %I TO %I', kind, nspname, rolname)
            ELSE format('GRANT SELECT ON %s %I.%I TO %I', kind, nspname, relname, rolname) END
FROM relation, me WHERE NOT readable
UNION ALL
SELECT 'read', 'EXECUTE on pg_control_system(), which tells which server this is',
       format('GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system() TO %I', rolname)
FROM me WHERE NOT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
UNION ALL
-- Policies that would hide rows from this role: a split and a dump must see every row.
SELECT 'every row', format('%I.%I has policies that hold for this role', nspname, relname),
       format('ALTER ROLE %I BYPASSRLS', rolname)
FROM relation, me
WHERE relkind <> 'S' AND readable AND pg_catalog.row_security_active(relation.oid)
UNION ALL
-- CREATE TRIGGER could be granted; ENABLE ALWAYS and DROP TRIGGER are the owner's.
SELECT 'fence', format('%s tables belong to %I', count(*), pg_catalog.pg_get_userbyid(relowner)),
       format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(relowner), rolname)
FROM relation, me
WHERE relkind <> 'S' AND NOT pg_catalog.pg_has_role(relowner, 'USAGE')
GROUP BY relowner, rolname
UNION ALL
-- Numbers are reserved under ALTER SEQUENCE, which is the owner's too.
SELECT 'fence', format('%s sequences belong to %I', count(*), pg_catalog.pg_get_userbyid(relowner)),
       format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(relowner), rolname)
FROM relation, me
WHERE relkind = 'S' AND NOT pg_catalog.pg_has_role(relowner, 'USAGE')
GROUP BY relowner, rolname
UNION ALL
SELECT 'fence', format('no CREATE on the database %I', datname), format('GRANT CREATE ON DATABASE %I TO %I', datname, rolname)
FROM db, me WHERE NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
UNION ALL
SELECT 'restore', format('the database belongs to %I', pg_catalog.pg_get_userbyid(datdba)),
       format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(datdba), rolname)
FROM db, me WHERE NOT pg_catalog.pg_has_role(datdba, 'USAGE')
UNION ALL
SELECT 'restore', 'sessions of other roles cannot be ended', format('GRANT pg_signal_backend TO %I', rolname)
FROM me WHERE NOT rolsuper AND NOT pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')
