-- Objects of the kinds that most databases have none of, as objects.sql lists the others; object_kinds.sql says
-- whether there are any: planning this costs as much as reading all the rest.
WITH schemas AS (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
), member AS (  -- what an extension brought is the extension's
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), relation AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN schemas n ON n.oid = c.relnamespace
    WHERE c.relkind = 'f'
      AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid)
)
SELECT 'statistics', format('%I.%I', n.nspname, s.stxname), concat_ws(' ', pg_catalog.pg_get_statisticsobjdef(s.oid), 'target', nullif(to_jsonb(s) ->> 'stxstattarget', '-1'))
FROM pg_catalog.pg_statistic_ext s JOIN schemas n ON n.oid = s.stxnamespace
UNION ALL
SELECT 'operator', format('%I.%s(%s,%s)', n.nspname, o.oprname, nullif(o.oprleft, 0)::regtype, nullif(o.oprright, 0)::regtype),
       concat_ws(' ', o.oprcode::regproc, nullif(o.oprcom, 0)::regoperator, nullif(o.oprnegate, 0)::regoperator,
                 nullif(o.oprrest, 0)::regproc, nullif(o.oprjoin, 0)::regproc, o.oprcanhash, o.oprcanmerge)
FROM pg_catalog.pg_operator o JOIN schemas n ON n.oid = o.oprnamespace
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_operator'::regclass AND m.objid = o.oid)
UNION ALL
SELECT 'operator class', format('%I.%I', n.nspname, o.opcname) || ' ' || am.amname,
       concat_ws(' ', o.opcintype::regtype, o.opcdefault, f.opfname, nullif(o.opckeytype, 0)::regtype,
                 (SELECT string_agg(concat_ws(' ', a.amopstrategy, a.amopopr::regoperator), ',' ORDER BY a.amopstrategy, a.amopopr::regoperator::text)
                  FROM pg_catalog.pg_amop a WHERE a.amopfamily = f.oid),
                 (SELECT string_agg(concat_ws(' ', a.amprocnum, a.amproc::regprocedure), ',' ORDER BY a.amprocnum, a.amproc::regprocedure::text)
                  FROM pg_catalog.pg_amproc a WHERE a.amprocfamily = f.oid))
FROM pg_catalog.pg_opclass o JOIN schemas n ON n.oid = o.opcnamespace
JOIN pg_catalog.pg_am am ON am.oid = o.opcmethod JOIN pg_catalog.pg_opfamily f ON f.oid = o.opcfamily
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_opclass'::regclass AND m.objid = o.oid)
UNION ALL
-- Its own members are those of its classes; what was added to it besides belongs to the family alone.
SELECT 'operator family', format('%I.%I', n.nspname, f.opfname) || ' ' || am.amname,
       concat_ws(' ', (SELECT string_agg(concat_ws(' ', a.amopstrategy, a.amopopr::regoperator), ',' ORDER BY a.amopstrategy, a.amopopr::regoperator::text)
                       FROM pg_catalog.pg_amop a WHERE a.amopfamily = f.oid),
                 (SELECT string_agg(concat_ws(' ', a.amprocnum, a.amproc::regprocedure), ',' ORDER BY a.amprocnum, a.amproc::regprocedure::text)
                  FROM pg_catalog.pg_amproc a WHERE a.amprocfamily = f.oid))
FROM pg_catalog.pg_opfamily f JOIN schemas n ON n.oid = f.opfnamespace JOIN pg_catalog.pg_am am ON am.oid = f.opfmethod
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_opfamily'::regclass AND m.objid = f.oid)
UNION ALL
SELECT 'conversion', format('%I.%I', n.nspname, c.conname),
       concat_ws(' ', pg_catalog.pg_encoding_to_char(c.conforencoding), pg_catalog.pg_encoding_to_char(c.contoencoding), c.conproc, c.condefault)
FROM pg_catalog.pg_conversion c JOIN schemas n ON n.oid = c.connamespace
UNION ALL
SELECT 'collation', format('%I.%I', n.nspname, c.collname),
       concat_ws(' ', c.collprovider, c.collisdeterministic, c.collcollate, c.collctype,
                 coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale'))
FROM pg_catalog.pg_collation c JOIN schemas n ON n.oid = c.collnamespace
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_collation'::regclass AND m.objid = c.oid)
UNION ALL
-- Those of the system have OIDs below 16384, as everything that initdb made.
SELECT 'cast', format('%s AS %s', c.castsource::regtype, c.casttarget::regtype),
       concat_ws(' ', nullif(c.castfunc, 0)::regprocedure, c.castcontext, c.castmethod)
FROM pg_catalog.pg_cast c
WHERE c.oid >= 16384
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_cast'::regclass AND m.objid = c.oid)
UNION ALL
SELECT 'language', quote_ident(l.lanname), concat_ws(' ', l.lanpltrusted, nullif(l.lanplcallfoid, 0)::regprocedure)
FROM pg_catalog.pg_language l
WHERE l.oid >= 16384
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_language'::regclass AND m.objid = l.oid)
UNION ALL
SELECT 'text search configuration', format('%I.%I', n.nspname, c.cfgname),
       concat_ws(' ', p.prsname,
                 (SELECT string_agg(concat_ws(' ', x.maptokentype, d.dictname), ',' ORDER BY x.maptokentype, x.mapseqno)
                  FROM pg_catalog.pg_ts_config_map x JOIN pg_catalog.pg_ts_dict d ON d.oid = x.mapdict WHERE x.mapcfg = c.oid))
FROM pg_catalog.pg_ts_config c JOIN schemas n ON n.oid = c.cfgnamespace JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_ts_config'::regclass AND m.objid = c.oid)
UNION ALL
SELECT 'text search dictionary', format('%I.%I', n.nspname, d.dictname), concat_ws(' ', t.tmplname, d.dictinitoption)
FROM pg_catalog.pg_ts_dict d JOIN schemas n ON n.oid = d.dictnamespace JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_ts_dict'::regclass AND m.objid = d.oid)
UNION ALL
-- Options in the order of their names, in which pg_dump writes them.
SELECT 'foreign data wrapper', quote_ident(w.fdwname),
       concat_ws(' ', nullif(w.fdwhandler, 0)::regproc, nullif(w.fdwvalidator, 0)::regproc, (SELECT array_agg(o ORDER BY o)::text FROM unnest(w.fdwoptions) o))
FROM pg_catalog.pg_foreign_data_wrapper w
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass AND m.objid = w.oid)
UNION ALL
SELECT 'foreign server', quote_ident(s.srvname), concat_ws(' ', w.fdwname, s.srvtype, s.srvversion, (SELECT array_agg(o ORDER BY o)::text FROM unnest(s.srvoptions) o))
FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
UNION ALL
SELECT 'foreign table', r.name,
       concat_ws(' ', s.srvname, (SELECT array_agg(o ORDER BY o)::text FROM unnest(f.ftoptions) o),
                 (SELECT string_agg(concat_ws(' ', a.attname, (SELECT array_agg(o ORDER BY o)::text FROM unnest(a.attfdwoptions) o)), ',' ORDER BY a.attnum)
                  FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attfdwoptions IS NOT NULL))
FROM pg_catalog.pg_foreign_table f JOIN relation r ON r.oid = f.ftrelid JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
UNION ALL
-- Without their options, where passwords are.
SELECT 'user mapping', format('%I %I', u.srvname, u.usename), NULL FROM pg_catalog.pg_user_mappings u
UNION ALL
-- With what it publishes: tables, and from 15 on columns and conditions; tables of ours are in one FOR ALL TABLES.
SELECT 'publication', quote_ident(p.pubname),
       concat_ws(' ', to_jsonb(p) - 'oid' - 'pubname' - 'pubowner',
                 (SELECT string_agg(concat_ws(' ', format('%I.%I', t.schemaname, t.tablename), to_jsonb(t) ->> 'attnames', to_jsonb(t) ->> 'rowfilter'),
                                    ', ' ORDER BY t.schemaname, t.tablename)
                  FROM pg_catalog.pg_publication_tables t WHERE t.pubname = p.pubname AND t.schemaname !~ '^migrator_'))
FROM pg_catalog.pg_publication p
UNION ALL
SELECT 'event trigger', quote_ident(e.evtname), concat_ws(' ', e.evtevent, e.evtenabled, e.evtfoid::regprocedure, e.evttags::text)
FROM pg_catalog.pg_event_trigger e
UNION ALL
-- Of everything else, where it is not the server's first role, whose things pg_shdepend does not list.
SELECT 'owner', concat_ws(' ', i.type, i.identity), pg_catalog.pg_get_userbyid(d.refobjid)
FROM pg_catalog.pg_shdepend d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) i
WHERE d.deptype = 'o' AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND d.classid::regclass::text NOT IN ('pg_class', 'pg_proc', 'pg_type', 'pg_namespace', 'pg_default_acl', 'pg_largeobject')
  AND coalesce(i.schema, '') !~ '^(pg_toast|migrator_)'
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = d.classid AND m.objid = d.objid)
