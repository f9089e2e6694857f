-- Views and materialized views with every table below them, through other views too. Parameter schemas as in tables.sql.
WITH RECURSIVE uses (view, relation) AS (
    SELECT DISTINCT w.ev_class, d.refobjid
    FROM pg_catalog.pg_rewrite w
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
                               AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class
), below (view, relation) AS (
    SELECT view, relation FROM uses
    UNION
    SELECT b.view, u.relation FROM below b JOIN uses u ON u.view = b.relation
)
SELECT n.nspname, v.relname, v.relkind = 'm',
       (SELECT coalesce(array_agg(DISTINCT array[tn.nspname::text, t.relname::text]), '{}')
        FROM below b
        JOIN pg_catalog.pg_class t ON t.oid = coalesce(pg_catalog.pg_partition_root(b.relation), b.relation)
                                  AND t.relkind IN ('r', 'p')
        JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
        WHERE b.view = v.oid)
FROM pg_catalog.pg_class v
JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
WHERE v.relkind IN ('v', 'm')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = v.oid AND d.deptype = 'e')
  AND CASE WHEN %(schemas)s::text[] IS NULL
           THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
           ELSE n.nspname = ANY (%(schemas)s::text[]) END
ORDER BY n.nspname, v.relname
