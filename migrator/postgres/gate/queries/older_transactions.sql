-- Transactions of this database that run now, apart from our own, each by its virtual number. What they do is hidden from a role without
-- pg_read_all_stats. The server's own sessions have no user, and fire no triggers. `before` is the transaction that armed
-- the gate: a snapshot that does not see it, imported by a later transaction, shows in the session's xmin.
SELECT l.virtualtransaction AS transaction, a.pid, a.usename AS role, a.application_name AS application,
       coalesce(a.state || ' since ' || to_char(coalesce(a.xact_start, a.backend_start), 'HH24:MI:SS'), 'what it does is hidden') AS doing,
       coalesce(pg_catalog.age(a.backend_xmin) >= pg_catalog.age(%(before)s::text::xid), false) AS older
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'virtualxid' AND l.granted AND l.virtualxid = l.virtualtransaction
  AND a.datname = pg_catalog.current_database() AND a.usename IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
ORDER BY a.xact_start, a.pid
