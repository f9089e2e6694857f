-- For how many days the use of indexes has been counted in this database. Counters that were never reset are as old as
-- the database, which no catalog tells: they are at least as old as the running server.
SELECT (extract(epoch FROM clock_timestamp() - coalesce(stats_reset, pg_catalog.pg_postmaster_start_time())) / 86400)::float
FROM pg_catalog.pg_stat_database WHERE datname = current_database()
