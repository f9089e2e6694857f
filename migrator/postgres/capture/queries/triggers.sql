-- Each of the tables and its partitions, the parents before their own, with what capture has put on it: the function of
-- the row trigger and when that fires (pg_trigger.tgenabled), the same of the trigger for TRUNCATE; NULL where one is
-- missing, or belongs to somebody else's function.
WITH RECURSIVE tree (root_schema, root_name, oid, depth) AS (
    SELECT wanted.nspname, wanted.relname, c.oid, 0
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (nspname, relname)
    JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.nspname
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.relname
    UNION ALL
    SELECT t.root_schema, t.root_name, i.inhrelid, t.depth + 1
    FROM tree t
    JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
), ours (oid, relation, name, function, enabled) AS (
    SELECT t.oid, t.tgrelid, t.tgname, p.proname, t.tgenabled
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'migrator_follow'
)
SELECT t.root_schema, t.root_name, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, t.depth,
       r.function AS row_function, r.enabled::text AS row_enabled,
       s.function AS truncate_function, s.enabled::text AS truncate_enabled
FROM tree t
JOIN pg_catalog.pg_class c ON c.oid = t.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN ours r ON r.relation = t.oid AND r.name = '!migrator_capture'
LEFT JOIN ours s ON s.relation = t.oid AND s.name = '!migrator_capture_truncate'
ORDER BY t.root_schema, t.root_name, t.depth, n.nspname, c.relname
