-- Rows that the current transaction has inserted, updated and deleted so far, table by table, partitions by themselves.
-- Rows of earlier transactions of the session may be among them until the server has collected them: compare twice.
SELECT schemaname, relname, n_tup_ins, n_tup_upd, n_tup_del
FROM pg_catalog.pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND schemaname !~ '^pg_(toast_)?temp_'
