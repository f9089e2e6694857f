-- The quarantine's schema: its comment, and whether its table is there. No row where there is no such schema.
SELECT pg_catalog.obj_description(n.oid, 'pg_namespace'),
       EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'rows' AND c.relkind = 'r')
FROM pg_catalog.pg_namespace n WHERE n.nspname = 'migrator_quarantine'
