-- Columns of the tables whose oids are given, with the sequence that a default or identity draws from, the type that a
-- domain stands for ('' without one), and whether the collation tells all texts apart.
SELECT a.attrelid::bigint AS table_oid, a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       a.atttypid::bigint AS type_oid, a.attnotnull AS not_null, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default,
       a.attidentity::text AS identity, a.attgenerated::text AS generated,
       coalesce((SELECT array[n.nspname::text, s.relname::text]
        FROM pg_catalog.pg_depend dep
        JOIN pg_catalog.pg_class s ON s.oid = dep.objid AND s.relkind = 'S'
        JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
        WHERE dep.classid = 'pg_catalog.pg_class'::regclass AND dep.refclassid = 'pg_catalog.pg_class'::regclass
          AND dep.refobjid = a.attrelid AND dep.refobjsubid = a.attnum AND dep.deptype IN ('a', 'i')
        LIMIT 1),
       (SELECT array[n.nspname::text, s.relname::text]
        FROM pg_catalog.pg_depend dep
        JOIN pg_catalog.pg_class s ON s.oid = dep.refobjid AND s.relkind = 'S'
        JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
        WHERE dep.classid = 'pg_catalog.pg_attrdef'::regclass AND dep.objid = d.oid
          AND dep.refclassid = 'pg_catalog.pg_class'::regclass AND a.attgenerated = ''
        LIMIT 1)) AS sequence,
       coalesce((WITH RECURSIVE below (type, modifier, kind) AS (
                     SELECT t.typbasetype, t.typtypmod, b.typtype
                     FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
                     WHERE t.oid = a.atttypid AND t.typtype = 'd'
                     UNION ALL
                     SELECT t.typbasetype, t.typtypmod, b.typtype
                     FROM below JOIN pg_catalog.pg_type t ON t.oid = below.type AND below.kind = 'd'
                     JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype)
                 SELECT pg_catalog.format_type(type, modifier) FROM below WHERE kind <> 'd'), '') AS base,
       coalesce((SELECT collisdeterministic FROM pg_catalog.pg_collation WHERE oid = a.attcollation), true) AS deterministic
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (%(oids)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
