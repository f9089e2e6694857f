-- Ends the sessions of our own that read from this database under a snapshot.
SELECT pg_catalog.pg_terminate_backend(pid)
FROM pg_catalog.pg_stat_activity
WHERE application_name = 'migrator copy' AND datname = current_database() AND usename = current_user
