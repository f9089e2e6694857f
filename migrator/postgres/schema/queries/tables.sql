-- Tables that hold rows: ordinary and partitioned ones. Partitions count towards their topmost parent, which
-- alone is listed. Parameter schemas: names to look into, or NULL for every schema that is not the system's or ours.
WITH RECURSIVE chosen AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
           c.relpersistence, c.relispartition, c.reltuples, c.relpages
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
      AND c.relpersistence <> 't'
      AND CASE WHEN %(schemas)s::text[] IS NULL
               THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                    AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
               ELSE n.nspname = ANY (%(schemas)s::text[]) END
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), tree (root, oid) AS (
    SELECT oid, oid FROM chosen WHERE NOT relispartition
    UNION ALL
    SELECT t.root, i.inhrelid
    FROM tree t
    JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
), sizes AS (
    SELECT t.root,
           sum(pg_catalog.pg_total_relation_size(t.oid))::bigint AS bytes,
           sum(greatest(c.reltuples, 0))::bigint AS rows,
           bool_or(c.reltuples >= 0 AND c.relkind <> 'p') AS known,
           array_agg(array[n.nspname::text, c.relname::text] ORDER BY n.nspname, c.relname)
               FILTER (WHERE t.oid <> t.root) AS partitions
    FROM tree t
    JOIN pg_catalog.pg_class c ON c.oid = t.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    GROUP BY t.root
)
SELECT k.oid::bigint AS oid, k.nspname AS schema, k.relname AS name, k.relkind::text AS kind,
       CASE WHEN s.known THEN s.rows ELSE -1 END AS rows, s.bytes,
       (pg_catalog.pg_relation_size(k.oid) / current_setting('block_size')::bigint)::bigint AS pages,
       pg_catalog.pg_get_userbyid(k.relowner) AS owner, coalesce(s.partitions, '{}') AS partitions,
       (SELECT coalesce(array_agg(array[pn.nspname::text, p.relname::text] ORDER BY i.inhseqno), '{}')
        FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
        WHERE i.inhrelid = k.oid) AS parents,
       k.relrowsecurity AS row_security, k.relforcerowsecurity AS force_row_security,
       k.relpersistence::text AS persistence, pg_catalog.obj_description(k.oid, 'pg_class') AS comment,
       coalesce(pg_catalog.pg_relation_filenode(k.oid), 0)::bigint AS file
FROM chosen k
JOIN sizes s ON s.root = k.oid
ORDER BY k.nspname, k.relname
