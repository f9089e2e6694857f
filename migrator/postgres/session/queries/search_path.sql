-- The search_path that the sessions of this database's applications have, and whether reading or writing its rows may
-- need it: whether a check, generated column, default, index, view, policy or domain calls a function whose text names
-- others without their schema. Functions in C look nothing up by name; those with a search_path, or a body that is
-- parsed already (BEGIN ATOMIC), need none. The path is that of the role that owns
-- most tables, where it has one; else the database's own; else the only one of other roles; else this session's first.
WITH called AS (
    SELECT DISTINCT d.refobjid AS oid
    FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid >= 16384
      AND d.classid IN ('pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass,
                        'pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_rewrite'::pg_catalog.regclass,
                        'pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass,
                        'pg_catalog.pg_cast'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)
), needing AS (
    SELECT p.oid
    FROM called c
    JOIN pg_catalog.pg_proc p ON p.oid = c.oid
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
    WHERE to_jsonb(p) ->> 'prosqlbody' IS NULL
      AND NOT EXISTS (SELECT FROM unnest(p.proconfig) setting WHERE starts_with(setting, 'search_path='))
), owner AS (
    SELECT c.relowner AS oid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
      AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]' AND n.nspname <> 'information_schema'
    GROUP BY 1
    ORDER BY count(*) DESC, 1
    LIMIT 1
), setting AS (
    SELECT s.setdatabase, s.setrole, substr(entry, length('search_path=') + 1) AS path
    FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) entry
    WHERE starts_with(entry, 'search_path=')
      AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
)
SELECT EXISTS (SELECT FROM needing),
       coalesce(
           (SELECT path FROM setting JOIN owner ON owner.oid = setrole ORDER BY setdatabase DESC LIMIT 1),
           (SELECT path FROM setting WHERE setrole = 0 AND setdatabase <> 0),
           (SELECT min(path) FROM setting WHERE setrole <> 0 HAVING count(DISTINCT path) = 1),
           (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'search_path')),
       (SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(oid)) FROM owner)
