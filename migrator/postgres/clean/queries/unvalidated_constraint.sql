-- A constraint that is NOT VALID, by name, on a table or on the partitioned table that it belongs to: where it has to
-- be dropped, how to make it again, its comment.
WITH RECURSIVE line (oid) AS (
    SELECT c.oid
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s
    UNION ALL
    SELECT i.inhparent FROM line JOIN pg_catalog.pg_inherits i ON i.inhrelid = line.oid
)
SELECT n.nspname, c.relname, pg_catalog.pg_get_constraintdef(k.oid),
       pg_catalog.obj_description(k.oid, 'pg_constraint')
FROM line
JOIN pg_catalog.pg_class c ON c.oid = line.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.conname = %(constraint)s
WHERE NOT k.convalidated AND k.conparentid = 0 AND k.conislocal
