-- Comments on the objects of objects.sql and rare_objects.sql, listed alike; object_kinds.sql says whether there are any.
WITH described AS (
    SELECT classoid, objoid, objsubid, description FROM pg_catalog.pg_description WHERE objoid >= 16384
), schemas AS (
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
SELECT 'comment', 'relation ' || r.name, d.description
FROM described d JOIN relation r ON r.oid = d.objoid
WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
UNION ALL
SELECT 'comment', 'column ' || a.relation || '.' || quote_ident(a.attname), d.description
FROM described d JOIN attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid > 0
UNION ALL
SELECT 'comment', 'routine ' || p.name, d.description
FROM described d JOIN routine p ON p.oid = d.objoid
WHERE d.classoid = 'pg_catalog.pg_proc'::regclass AND d.objsubid = 0
UNION ALL
SELECT 'comment', 'type ' || t.name, d.description
FROM described d JOIN type t ON t.oid = d.objoid
WHERE d.classoid = 'pg_catalog.pg_type'::regclass AND d.objsubid = 0
UNION ALL
SELECT 'comment', 'schema ' || quote_ident(s.nspname), d.description
FROM described d JOIN schemas s ON s.oid = d.objoid
WHERE d.classoid = 'pg_catalog.pg_namespace'::regclass AND d.objsubid = 0
UNION ALL
SELECT 'comment', 'constraint ' || r.name || '.' || quote_ident(c.conname), d.description
FROM described d JOIN pg_catalog.pg_constraint c ON c.oid = d.objoid JOIN relation r ON r.oid = c.conrelid
WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass AND d.objsubid = 0
UNION ALL
SELECT 'comment', 'trigger ' || r.name || '.' || quote_ident(t.tgname), d.description
FROM described d JOIN pg_catalog.pg_trigger t ON t.oid = d.objoid JOIN relation r ON r.oid = t.tgrelid
WHERE d.classoid = 'pg_catalog.pg_trigger'::regclass AND d.objsubid = 0
UNION ALL
SELECT 'comment', 'policy ' || r.name || '.' || quote_ident(p.polname), d.description
FROM described d JOIN pg_catalog.pg_policy p ON p.oid = d.objoid JOIN relation r ON r.oid = p.polrelid
WHERE d.classoid = 'pg_catalog.pg_policy'::regclass AND d.objsubid = 0
UNION ALL
SELECT 'comment', 'rule ' || r.name || '.' || quote_ident(w.rulename), d.description
FROM described d JOIN pg_catalog.pg_rewrite w ON w.oid = d.objoid JOIN relation r ON r.oid = w.ev_class
WHERE d.classoid = 'pg_catalog.pg_rewrite'::regclass AND d.objsubid = 0
UNION ALL
-- Of everything else, by its identity: operators, collations, statistics, servers, casts, constraints of domains.
SELECT 'comment', concat_ws(' ', i.type, i.identity), d.description
FROM described d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, 0) i
LEFT JOIN pg_catalog.pg_constraint c ON d.classoid = 'pg_catalog.pg_constraint'::regclass AND c.oid = d.objoid
WHERE d.objsubid = 0
  AND d.classoid::regclass::text NOT IN ('pg_class', 'pg_proc', 'pg_type', 'pg_namespace', 'pg_trigger', 'pg_policy',
                                         'pg_rewrite', 'pg_extension', 'pg_largeobject')
  AND (c.oid IS NULL OR c.conrelid = 0)
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = d.classoid AND m.objid = d.objoid)
