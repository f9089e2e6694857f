-- Sessions that hold a lock on the table which a new trigger conflicts with.
SELECT a.pid, a.usename, a.application_name, a.state, coalesce(a.xact_start, a.backend_start)
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = %(table)s::regclass AND l.granted AND a.pid <> pg_catalog.pg_backend_pid()
  AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                 'ExclusiveLock', 'AccessExclusiveLock')
ORDER BY a.xact_start
