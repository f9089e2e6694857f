-- What the connected role may read of each table, partition and foreign table, and how many transactions ago its oldest
-- row was written (TOAST included). Parameter schemas as in tables.sql.
SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.relispartition AS is_partition,
       rn.nspname AS root_schema, r.relname AS root_name, pg_catalog.row_security_active(c.oid) AS row_security,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable,
       CASE WHEN c.relkind = 'r' THEN greatest(pg_catalog.age(c.relfrozenxid), pg_catalog.age(t.relfrozenxid)) END
           AS age,
       s.srvname AS server
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
LEFT JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND CASE WHEN %(schemas)s::text[] IS NULL
           THEN rn.nspname !~ '^pg_' AND rn.nspname <> 'information_schema'
                AND coalesce(pg_catalog.obj_description(rn.oid, 'pg_namespace'), '') !~ '^migrator [{]'
           ELSE rn.nspname = ANY (%(schemas)s::text[]) END
ORDER BY n.nspname, c.relname
