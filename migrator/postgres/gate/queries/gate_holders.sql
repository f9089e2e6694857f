-- Who is in at the gate: the holders of a wave's shared lock, sessions and prepared transactions (which have no pid, and the lock
-- of their own transaction number beside it). What a session does is hidden from a role without pg_read_all_stats.
SELECT l.virtualtransaction AS transaction, l.pid, coalesce(a.usename::text, p.owner::text, 'nobody') AS role,
       a.application_name AS application, p.gid,
       coalesce(a.state || ' since ' || to_char(coalesce(a.xact_start, a.backend_start), 'HH24:MI:SS'),
                'prepared at ' || to_char(p.prepared, 'HH24:MI:SS'), 'what it does is hidden') AS doing
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
LEFT JOIN (pg_catalog.pg_locks own JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = own.transactionid)
       ON l.pid IS NULL AND own.pid IS NULL AND own.locktype = 'transactionid'
          AND own.virtualtransaction = l.virtualtransaction
WHERE l.locktype = 'advisory' AND l.classid = %(class)s::bigint::oid AND l.objid = %(wave)s::bigint::oid AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND l.mode = 'ShareLock' AND l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
ORDER BY a.xact_start, l.pid, p.gid
