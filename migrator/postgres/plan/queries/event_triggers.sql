-- Event triggers that fire at a command of ours in this database (the fence's schema, function and triggers; quarantine's
-- tables), each with its function's text. A disabled one, and one for replicas, does not fire.
SELECT e.evtname, p.prosrc
FROM pg_catalog.pg_event_trigger e
JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
WHERE e.evtenabled IN ('O', 'A')
  AND (e.evttags IS NULL
       OR e.evttags && array['CREATE SCHEMA', 'CREATE FUNCTION', 'CREATE TRIGGER', 'ALTER TABLE', 'COMMENT', 'DROP TRIGGER',
                             'DROP SCHEMA', 'CREATE TABLE', 'DROP TABLE'])
  AND e.evtevent <> 'login'
ORDER BY 1
