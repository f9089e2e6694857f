-- What keeps old rows or locks in this database: transactions open for five minutes, prepared transactions, replication
-- slots that hold the log back. Our own sessions do not count.
SELECT CASE WHEN a.state ~ '^idle in transaction' THEN 'idle transaction' ELSE 'transaction' END,
       'pid ' || a.pid,
       concat_ws(', ', 'user ' || a.usename, 'application ' || nullif(a.application_name, ''), 'from ' || a.client_addr),
       extract(epoch FROM clock_timestamp() - a.xact_start)::float
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
  AND a.xact_start < clock_timestamp() - interval '5 minutes' AND a.application_name !~ '^migrator '
UNION ALL
SELECT 'prepared transaction', p.gid, 'Prepared by ' || p.owner || '.',
       extract(epoch FROM clock_timestamp() - p.prepared)::float
FROM pg_catalog.pg_prepared_xacts p WHERE p.database = current_database()
UNION ALL
SELECT 'replication slot', s.slot_name, s.slot_type || ' slot that nobody reads.', NULL
FROM pg_catalog.pg_replication_slots s
WHERE NOT s.active AND (s.database = current_database() OR s.database IS NULL)
ORDER BY 1, 2
