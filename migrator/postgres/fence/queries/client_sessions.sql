-- Sessions of programs in databases. Of what kind a session is, roles without pg_monitor do not see; the server's own
-- have no user.
SELECT datname, pid, usename, application_name
FROM pg_catalog.pg_stat_activity
WHERE datname = ANY (%(databases)s) AND usename IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
  AND coalesce(backend_type, 'client backend') = 'client backend'
ORDER BY datname, pid
