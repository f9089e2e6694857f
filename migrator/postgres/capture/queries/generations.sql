-- The parts of the log with their sizes in bytes, the oldest first; the last is the one that is written to.
SELECT c.relname, pg_catalog.pg_total_relation_size(c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'migrator_follow' AND c.relkind = 'r' AND c.relname ~ '^log(_[0-9]+)?$'
ORDER BY coalesce(substring(c.relname FROM '[0-9]+')::bigint, 9223372036854775807)
