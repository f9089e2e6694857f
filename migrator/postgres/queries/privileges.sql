-- What the connected role may do that a split needs: make databases, and read and fence every table of the source
-- (CREATE TRIGGER and ALTER TABLE are the owner's). Parameter oids: the tables, partitions included.
SELECT (SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user),
       (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user),
       has_database_privilege(current_database(), 'CREATE'),
       (SELECT coalesce(array_agg(array[n.nspname::text, c.relname::text]), '{}')
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|migrator_)' AND n.nspname <> 'information_schema'
          AND c.relpersistence <> 't' AND NOT has_table_privilege(c.oid, 'SELECT')),
       (SELECT coalesce(array_agg(array[n.nspname::text, c.relname::text]), '{}')
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|migrator_)' AND n.nspname <> 'information_schema'
          AND c.relpersistence <> 't' AND NOT pg_has_role(c.relowner, 'USAGE'))
