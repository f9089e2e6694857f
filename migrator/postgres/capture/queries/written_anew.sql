-- Captured tables and partitions whose file is another one now than the transaction's snapshot has: the function sees what
-- is committed, the catalog's row is that of the snapshot.
WITH RECURSIVE tree (oid) AS (
    SELECT c.oid
    FROM migrator_follow.tables k
    JOIN pg_catalog.pg_namespace n ON n.nspname = k.schema_name
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = k.table_name
    UNION
    SELECT i.inhrelid
    FROM tree t
    JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT n.nspname, c.relname
FROM tree t
JOIN pg_catalog.pg_class c ON c.oid = t.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind <> 'p' AND pg_catalog.pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode
ORDER BY 1, 2
