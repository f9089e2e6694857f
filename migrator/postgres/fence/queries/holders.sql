-- Sessions that hold a lock on the table, or on a partition of it, which a new trigger conflicts with.
-- What they do is hidden from a role without pg_read_all_stats.
SELECT format('pid %%s (%%s, %%s, %%s)', a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'no application name'),
              coalesce(a.state || ' since ' || to_char(coalesce(a.xact_start, a.backend_start), 'HH24:MI:SS'),
                       'what it does is hidden'))
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE (l.relation = %(table)s::regclass
       OR l.relation IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(%(table)s::regclass) p)) AND l.granted AND a.pid <> pg_catalog.pg_backend_pid()
  AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                 'ExclusiveLock', 'AccessExclusiveLock')
ORDER BY a.xact_start
