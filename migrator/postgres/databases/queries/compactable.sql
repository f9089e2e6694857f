-- Catalogs of this database alone that VACUUM has been in: it left them their files of free space and visibility.
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'pg_catalog' AND c.relkind = 'r' AND NOT c.relisshared
  AND pg_catalog.pg_relation_size(c.oid, 'vm') > 0
ORDER BY 2
