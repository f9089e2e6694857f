-- Objects whose text calls current_setting: policies, column defaults, functions, views, conditions of triggers.
SELECT 'policy', format('%s.%s.%s', n.nspname, c.relname, p.polname),
       concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)),
       n.nspname, c.relname
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
      ~* 'current_setting'
UNION ALL
SELECT 'default', format('%s.%s.%s', n.nspname, c.relname, a.attname), pg_catalog.pg_get_expr(d.adbin, d.adrelid),
       n.nspname, c.relname
FROM pg_catalog.pg_attrdef d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_catalog.pg_class c ON c.oid = d.adrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_'
  AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
  AND n.nspname <> 'information_schema'
  AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~* 'current_setting'
UNION ALL
SELECT 'function', format('%s.%s', n.nspname, p.proname), p.prosrc, NULL, NULL
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_'
  AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
  AND n.nspname <> 'information_schema' AND p.prosrc ~* 'current_setting'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'view', format('%s.%s', n.nspname, c.relname), pg_catalog.pg_get_viewdef(c.oid), NULL, NULL
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_'
  AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
  AND n.nspname <> 'information_schema'
  AND pg_catalog.pg_get_viewdef(c.oid) ~* 'current_setting'
UNION ALL
SELECT 'trigger', format('%s.%s.%s', n.nspname, c.relname, t.tgname), pg_catalog.pg_get_triggerdef(t.oid), NULL, NULL
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND n.nspname !~ '^pg_'
  AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
  AND pg_catalog.pg_get_triggerdef(t.oid) ~* 'current_setting'
ORDER BY 1, 2
