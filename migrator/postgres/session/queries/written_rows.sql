-- Rows that the current transaction has inserted, updated and deleted so far, table by table, partitions by themselves.
-- Rows of earlier transactions of the session may be among them until the server has collected them: compare twice.
-- As pg_stat_xact_user_tables has them, less its joins with every index: it is asked twice in every small transaction.
SELECT n.nspname AS schemaname, w.relname, w.inserted, w.updated, w.deleted
FROM (SELECT c.relnamespace, c.relname,
             pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) AS inserted,
             pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) AS updated,
             pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS deleted
      FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384
      OFFSET 0) w
JOIN pg_catalog.pg_namespace n ON n.oid = w.relnamespace
WHERE w.inserted + w.updated + w.deleted > 0 AND n.nspname !~ '^pg_(toast_)?temp_'
