-- Functions and procedures with their text, the tables that the catalog knows they use (bodies in BEGIN ATOMIC), and
-- whether they run as their owner with a search_path of their own. Parameter schemas as in tables.sql.
SELECT n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS identity,
       l.lanname AS language, p.prosrc AS body,
       (SELECT coalesce(array_agg(DISTINCT array[tn.nspname::text, t.relname::text]), '{}')
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_class x ON x.oid = d.refobjid
        JOIN pg_catalog.pg_class t ON t.oid = coalesce(pg_catalog.pg_partition_root(x.oid), x.oid) AND t.relkind IN ('r', 'p')
        JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid
          AND d.refclassid = 'pg_catalog.pg_class'::regclass) AS used,
       p.prosecdef AS as_owner,
       EXISTS (SELECT FROM unnest(p.proconfig) s (setting) WHERE s.setting ~ '^search_path=') AS own_search_path
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE l.lanname NOT IN ('c', 'internal')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  AND CASE WHEN %(schemas)s::text[] IS NULL
           THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
           ELSE n.nspname = ANY (%(schemas)s::text[]) END
ORDER BY 1
