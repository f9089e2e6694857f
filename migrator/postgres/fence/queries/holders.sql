-- Who holds a lock on the table, or on a partition of it, that a lock against its writers (and with `readers`, against
-- its readers too) conflicts with: sessions and prepared transactions, the oldest first. What sessions do is hidden from a role without pg_read_all_stats.
WITH held AS (
    SELECT DISTINCT l.pid, l.virtualtransaction
    FROM pg_catalog.pg_locks l
    WHERE l.locktype = 'relation' AND l.granted
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
      AND (l.relation = %(table)s::regclass
           OR l.relation IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(%(table)s::regclass) p))
      AND (%(readers)s OR l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                     'ExclusiveLock', 'AccessExclusiveLock'))
), holders (began, holder) AS (
    SELECT a.xact_start,
           format('pid %%s (%%s, %%s, %%s)', a.pid, a.usename,
                  coalesce(nullif(a.application_name, ''), 'no application name'),
                  coalesce(a.state || ' since ' || to_char(coalesce(a.xact_start, a.backend_start), 'HH24:MI:SS'),
                           'what it does is hidden'))
    FROM held h JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid
    WHERE a.pid <> pg_catalog.pg_backend_pid()
    UNION ALL
    -- It has no process; the lock on its own number says which it is.
    SELECT x.prepared, format('prepared transaction %%L (%%s, since %%s)', x.gid, x.owner, to_char(x.prepared, 'HH24:MI:SS'))
    FROM held h
    JOIN pg_catalog.pg_locks t ON t.locktype = 'transactionid' AND t.pid IS NULL AND t.virtualtransaction = h.virtualtransaction
    JOIN pg_catalog.pg_prepared_xacts x ON x.transaction = t.transactionid
    WHERE h.pid IS NULL
)
SELECT holder FROM holders ORDER BY began
