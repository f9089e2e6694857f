-- The fence that stands: the schema's comment ("<run> <epoch>") beside each fenced table; one row without a table where
-- the schema exists and no table is fenced yet.
SELECT pg_catalog.obj_description(f.oid, 'pg_namespace'), n.nspname, c.relname
FROM pg_catalog.pg_namespace f
LEFT JOIN (pg_catalog.pg_trigger t
           JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)
       ON t.tgname = 'migrator_fence' AND NOT t.tgisinternal
WHERE f.nspname = 'migrator_fence'
