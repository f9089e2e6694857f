-- Every partition of the given tables, at whatever depth, and the tables themselves: whether partitions can hang on it,
-- and whether this role may lock it against partitions that come or go (on a standby nobody may).
WITH RECURSIVE tree (root, oid) AS (
    SELECT c.oid, c.oid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (nspname, relname) USING (nspname, relname)
    UNION ALL
    SELECT t.root, i.inhrelid
    FROM tree t
    JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT rn.nspname AS root_schema, r.relname AS root_name, n.nspname AS schema, c.relname AS name,
       c.relkind = 'p' AS holds_partitions,
       NOT pg_catalog.pg_is_in_recovery()
       AND pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') AS lockable
FROM tree t
JOIN pg_catalog.pg_class r ON r.oid = t.root
JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
JOIN pg_catalog.pg_class c ON c.oid = t.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 2, t.oid <> t.root, 3, 4
