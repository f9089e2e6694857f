-- The bodies of capture's functions, by their names.
SELECT p.proname, p.prosrc
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'migrator_follow' AND p.proname ~ '^capture_[0-9]+$'
