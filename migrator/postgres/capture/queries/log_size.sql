-- How many entries the log holds, about, and its bytes with its indexes, all generations together.
SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint, coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'migrator_follow' AND c.relkind = 'r' AND c.relname ~ '^log(_[0-9]+)?$'
