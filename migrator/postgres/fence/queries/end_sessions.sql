-- Ends sessions of this database that a program of ours left behind: those with the given application_name.
SELECT count(*) FILTER (WHERE pg_catalog.pg_terminate_backend(pid))
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND application_name = %(application)s AND pid <> pg_backend_pid()
