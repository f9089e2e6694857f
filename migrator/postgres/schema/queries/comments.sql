-- Comments on the objects of objects.sql and rare_objects.sql, listed alike; object_kinds.sql says whether there are any.
WITH schemas AS (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
), member AS (  -- what an extension brought is the extension's
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), relation AS (
    SELECT c.*, n.nspname, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c
    JOIN schemas n ON n.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid)
), attribute AS (
    SELECT a.*, r.name AS relation, r.relkind
    FROM pg_catalog.pg_attribute a JOIN relation r ON r.oid = a.attrelid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
), routine AS (
    SELECT p.*, format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) AS name
    FROM pg_catalog.pg_proc p JOIN schemas n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND m.objid = p.oid)
), type AS (
    SELECT t.*, format('%I.%I', n.nspname, t.typname) AS name
    FROM pg_catalog.pg_type t JOIN schemas n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r')
      AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = t.oid)
)
SELECT 'comment', 'relation ' || r.name, pg_catalog.obj_description(r.oid, 'pg_class')
FROM relation r WHERE pg_catalog.obj_description(r.oid, 'pg_class') IS NOT NULL
UNION ALL
SELECT 'comment', 'column ' || a.relation || '.' || quote_ident(a.attname), pg_catalog.col_description(a.attrelid, a.attnum)
FROM attribute a WHERE pg_catalog.col_description(a.attrelid, a.attnum) IS NOT NULL
UNION ALL
SELECT 'comment', 'routine ' || p.name, pg_catalog.obj_description(p.oid, 'pg_proc')
FROM routine p WHERE pg_catalog.obj_description(p.oid, 'pg_proc') IS NOT NULL
UNION ALL
SELECT 'comment', 'type ' || t.name, pg_catalog.obj_description(t.oid, 'pg_type')
FROM type t WHERE pg_catalog.obj_description(t.oid, 'pg_type') IS NOT NULL
UNION ALL
SELECT 'comment', 'schema ' || quote_ident(s.nspname), pg_catalog.obj_description(s.oid, 'pg_namespace')
FROM schemas s WHERE s.nspname <> 'public' AND pg_catalog.obj_description(s.oid, 'pg_namespace') IS NOT NULL
UNION ALL
SELECT 'comment', 'constraint ' || r.name || '.' || quote_ident(c.conname), pg_catalog.obj_description(c.oid, 'pg_constraint')
FROM pg_catalog.pg_constraint c JOIN relation r ON r.oid = c.conrelid WHERE pg_catalog.obj_description(c.oid, 'pg_constraint') IS NOT NULL
UNION ALL
SELECT 'comment', 'trigger ' || r.name || '.' || quote_ident(t.tgname), pg_catalog.obj_description(t.oid, 'pg_trigger')
FROM pg_catalog.pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE pg_catalog.obj_description(t.oid, 'pg_trigger') IS NOT NULL
UNION ALL
SELECT 'comment', 'policy ' || r.name || '.' || quote_ident(p.polname), pg_catalog.obj_description(p.oid, 'pg_policy')
FROM pg_catalog.pg_policy p JOIN relation r ON r.oid = p.polrelid WHERE pg_catalog.obj_description(p.oid, 'pg_policy') IS NOT NULL
UNION ALL
SELECT 'comment', 'rule ' || r.name || '.' || quote_ident(w.rulename), pg_catalog.obj_description(w.oid, 'pg_rewrite')
FROM pg_catalog.pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE pg_catalog.obj_description(w.oid, 'pg_rewrite') IS NOT NULL
UNION ALL
-- Of everything else, by its identity: operators, collations, statistics, servers, casts, constraints of domains.
SELECT 'comment', concat_ws(' ', i.type, i.identity), d.description
FROM pg_catalog.pg_description d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, 0) i
LEFT JOIN pg_catalog.pg_constraint c ON d.classoid = 'pg_catalog.pg_constraint'::regclass AND c.oid = d.objoid
WHERE d.objoid >= 16384 AND d.objsubid = 0
  AND d.classoid::regclass::text NOT IN ('pg_class', 'pg_proc', 'pg_type', 'pg_namespace', 'pg_trigger', 'pg_policy',
                                         'pg_rewrite', 'pg_extension', 'pg_largeobject')
  AND (c.oid IS NULL OR c.conrelid = 0)
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = d.classoid AND m.objid = d.objoid)
