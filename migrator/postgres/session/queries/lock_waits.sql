-- Sessions on this server that wait for a lock, where migrator waits or is what they wait for: who, how long, for whom.
SELECT waiting.pid, waiting.application_name, waiting.datname,
       extract(epoch FROM now() - waiting.query_start)::float,
       blocking.pid, blocking.application_name, blocking.usename,
       extract(epoch FROM now() - blocking.xact_start)::float
FROM pg_catalog.pg_stat_activity AS waiting
CROSS JOIN LATERAL unnest(pg_catalog.pg_blocking_pids(waiting.pid)) AS by (pid)
JOIN pg_catalog.pg_stat_activity AS blocking ON blocking.pid = by.pid
WHERE waiting.wait_event_type = 'Lock'
  AND (waiting.application_name LIKE 'migrator %' OR blocking.application_name LIKE 'migrator %')
  AND waiting.application_name NOT LIKE 'migrator lock:%'
ORDER BY 4 DESC, 1, 5
