-- Every object of the database that a person made, as (kind, identity, definition) by name, never by OID: two databases
-- have the same schema when this query, comments.sql and rare_objects.sql return the same rows in both. What is ours (schemas whose comment is our mark, and what calls into them) is left out.
WITH schemas AS (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl
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
), acl (kind, identity, owner, entries) AS (
    SELECT 'schema', quote_ident(nspname), nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM schemas
    UNION ALL
    SELECT 'relation', name, relowner, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner))
    FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'column', relation || '.' || quote_ident(attname), NULL, attacl FROM attribute WHERE attacl IS NOT NULL
    UNION ALL
    SELECT 'routine', name, proowner, coalesce(proacl, acldefault('f', proowner)) FROM routine
    UNION ALL
    SELECT 'type', name, typowner, coalesce(typacl, acldefault('T', typowner)) FROM type
    UNION ALL
    SELECT 'language', quote_ident(lanname), NULL, coalesce(lanacl, acldefault('l', lanowner))
    FROM pg_catalog.pg_language WHERE lanpltrusted OR oid >= 16384
    UNION ALL
    SELECT 'foreign-data wrapper', quote_ident(fdwname), NULL, coalesce(fdwacl, acldefault('F', fdwowner))
    FROM pg_catalog.pg_foreign_data_wrapper w
    WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass AND m.objid = w.oid)
    UNION ALL
    SELECT 'server', quote_ident(srvname), NULL, coalesce(srvacl, acldefault('S', srvowner)) FROM pg_catalog.pg_foreign_server
), unproven (relation, attnum) AS (  -- since 18 a column can be declared NOT NULL for rows to come, whatever it holds
    SELECT c.conrelid, unnest(c.conkey) FROM pg_catalog.pg_constraint c WHERE c.contype = 'n' AND NOT c.convalidated AND c.conrelid <> 0
), tree (oid, parent) AS (
    SELECT i.inhrelid, format('%I.%I', pn.nspname, p.relname)
    FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
    JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
)
SELECT 'extension', quote_ident(e.extname), concat_ws(' ', e.extversion, 'in', e.extnamespace::regnamespace)
FROM pg_catalog.pg_extension e WHERE e.extname <> 'plpgsql'
UNION ALL
SELECT 'relation', r.name,
       concat_ws(' ', r.relkind, r.relpersistence, 'options', r.reloptions::text, 'method', am.amname,
                 'partition by', CASE WHEN r.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(r.oid) END,
                 'bound', pg_catalog.pg_get_expr(r.relpartbound, r.oid),
                 'of', (SELECT string_agg(t.parent, ',' ORDER BY t.parent) FROM tree t WHERE t.oid = r.oid),
                 nullif(r.reloftype, 0)::regtype,
                 'rls', r.relrowsecurity, r.relforcerowsecurity, 'replica identity', r.relreplident)
FROM relation r LEFT JOIN pg_catalog.pg_am am ON am.oid = r.relam
WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
-- Columns by position among the live ones: a dropped column leaves a gap in attnum, which is no difference.
SELECT 'column', a.relation || '.' || quote_ident(a.attname),
       concat_ws(' ', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
                 pg_catalog.format_type(a.atttypid, a.atttypmod),
                 CASE WHEN a.attcollation <> t.typcollation THEN 'collate ' || a.attcollation::regcollation::text END,
                 CASE WHEN a.attnotnull THEN 'not null' END, CASE WHEN u.attnum IS NOT NULL THEN 'not validated' END,
                 'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'identity', nullif(a.attidentity, ''),
                 'generated', nullif(a.attgenerated, ''), 'storage', a.attstorage,
                 'compression', nullif(to_jsonb(a) ->> 'attcompression', ''),
                 'statistics', nullif(coalesce(a.attstattarget, -1), -1), 'options',
                 -- PostgreSQL's back branches keep a version of the column there, which no DDL can set or dump.
                 (SELECT array_agg(o ORDER BY o)::text FROM unnest(a.attoptions) o WHERE o !~ '^pg_attver='))
FROM attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN unproven u ON u.relation = a.attrelid AND u.attnum = a.attnum
UNION ALL
SELECT 'constraint', coalesce(r.name, ty.name) || '.' || quote_ident(c.conname),
       -- What enforces a foreign key are triggers of the system's, which ALTER TABLE ... DISABLE TRIGGER ALL switches off.
       concat_ws(' ', pg_catalog.pg_get_constraintdef(c.oid),
                 (SELECT 'triggers ' || string_agg(DISTINCT t.tgenabled::text, '') FROM pg_catalog.pg_trigger t
                  WHERE t.tgconstraint = c.oid AND t.tgisinternal AND t.tgenabled <> 'O'))
FROM pg_catalog.pg_constraint c
LEFT JOIN relation r ON r.oid = c.conrelid
LEFT JOIN type ty ON ty.oid = c.contypid
WHERE (r.oid IS NOT NULL OR ty.oid IS NOT NULL) AND c.contype <> 't'
  -- Not-null constraints have names since 18, which other versions cannot hold; the column says not null already.
  AND c.contype <> 'n'
UNION ALL
SELECT 'index', r.name,
       concat_ws(' ', pg_catalog.pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'INVALID' END,
                 CASE WHEN i.indisclustered THEN 'CLUSTERED' END, CASE WHEN i.indisreplident THEN 'REPLICA IDENTITY' END,
                 'of', (SELECT string_agg(t.parent, ',') FROM tree t WHERE t.oid = r.oid),
                 'statistics', (SELECT string_agg(a.attnum || '=' || a.attstattarget, ',' ORDER BY a.attnum)
                                FROM pg_catalog.pg_attribute a
                                WHERE a.attrelid = i.indexrelid AND coalesce(a.attstattarget, -1) >= 0))
FROM pg_catalog.pg_index i JOIN relation r ON r.oid = i.indexrelid
UNION ALL
SELECT 'sequence', r.name,
       concat_ws(' ', pg_catalog.format_type(s.seqtypid, NULL), 'start', s.seqstart, 'by', s.seqincrement,
                 s.seqmin, s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle, CASE WHEN r.relpersistence = 'u' THEN 'unlogged' END,
                 'owned by', (SELECT format('%s.%I', d.refobjid::regclass, a.attname)
                              FROM pg_catalog.pg_depend d
                              JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = r.oid
                                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
                                AND d.refobjsubid > 0))
FROM pg_catalog.pg_sequence s JOIN relation r ON r.oid = s.seqrelid
UNION ALL
SELECT 'view', r.name, pg_catalog.pg_get_viewdef(r.oid) || CASE WHEN r.relkind = 'm' AND NOT r.relispopulated THEN ' [not populated]' ELSE '' END
FROM relation r WHERE r.relkind IN ('v', 'm')
UNION ALL
SELECT 'rule', r.name || '.' || quote_ident(w.rulename), concat_ws(' ', w.ev_enabled, pg_catalog.pg_get_ruledef(w.oid))
FROM pg_catalog.pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'trigger', r.name || '.' || quote_ident(t.tgname), concat_ws(' ', t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid))
FROM pg_catalog.pg_trigger t JOIN relation r ON r.oid = t.tgrelid
WHERE NOT t.tgisinternal AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_proc f
    WHERE f.oid = t.tgfoid
      AND coalesce(pg_catalog.obj_description(f.pronamespace, 'pg_namespace'), '') ~ '^migrator [{]')
UNION ALL
SELECT 'routine', p.name,
       CASE WHEN p.prokind = 'a'
            THEN (SELECT concat_ws(' ', 'aggregate', a.aggkind, a.aggnumdirectargs, a.aggtransfn::regprocedure, a.aggtranstype::regtype,
                                   a.aggtransspace, a.aggfinalfn, a.aggfinalextra, a.aggfinalmodify, a.aggcombinefn, a.aggserialfn,
                                   a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn, nullif(a.aggmtranstype, 0)::regtype,
                                   nullif(a.aggsortop, 0)::regoperator, p.proparallel, p.provolatile, 'initial', a.agginitval, a.aggminitval)
                  FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = p.oid)
            ELSE pg_catalog.pg_get_functiondef(p.oid) END
FROM routine p
UNION ALL
SELECT 'type', t.name,
       CASE t.typtype
           WHEN 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder)
                          FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)
           WHEN 'd' THEN concat_ws(' ', pg_catalog.format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'not null' END, t.typdefault)
           ELSE (SELECT concat_ws(' ', 'range', g.rngsubtype::regtype, g.rngcollation::regcollation, g.rngsubdiff, g.rngcanonical) FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid)
       END
FROM type t
UNION ALL
SELECT 'policy', r.name || '.' || quote_ident(p.polname),
       concat_ws(' ', p.polpermissive, p.polcmd,
                 (SELECT string_agg(CASE WHEN o.oid IS NULL OR o.oid = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(o.oid) END, ','
                                    ORDER BY 1) FROM unnest(p.polroles) o (oid)),
                 'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_catalog.pg_policy p JOIN relation r ON r.oid = p.polrelid
UNION ALL
SELECT 'owner', a.kind || ' ' || a.identity, pg_catalog.pg_get_userbyid(a.owner)
FROM acl a WHERE a.owner IS NOT NULL
UNION ALL
SELECT 'owner', 'type ' || r.name, pg_catalog.pg_get_userbyid(r.relowner) FROM relation r WHERE r.relkind = 'c'
UNION ALL
SELECT 'privilege', a.kind || ' ' || a.identity,
       string_agg(concat_ws(' ', CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(x.grantee) END,
                            x.privilege_type, CASE WHEN x.is_grantable THEN 'grantable' END), ', '
                  ORDER BY CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(x.grantee) END, x.privilege_type)
FROM acl a CROSS JOIN LATERAL aclexplode(a.entries) x
GROUP BY 1, 2
UNION ALL
SELECT 'default privilege', concat_ws(' ', pg_catalog.pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype), d.defaclacl::text
FROM pg_catalog.pg_default_acl d LEFT JOIN schemas n ON n.oid = d.defaclnamespace
