-- Physical standbys that have not flushed the log up to a position; how far they are, and whether they are any, is hidden
-- from a role without pg_monitor. A backup that is being taken is none.
SELECT coalesce(nullif(r.application_name, ''), 'pid ' || r.pid)
FROM pg_catalog.pg_stat_replication r
WHERE coalesce(r.state, 'streaming') = 'streaming' AND coalesce(r.flush_lsn < %(position)s::pg_lsn, true)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
ORDER BY 1
