-- Which server it is, on which timeline it writes, and since when it runs without a crash. Statistics are thrown away in
-- every crash, where the postmaster may go on; whoever resets them by hand makes it look like one, which does no harm.
SELECT (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
       ('x' || left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::int,
       concat_ws(' ', pg_catalog.pg_postmaster_start_time() AT TIME ZONE 'UTC',
                 (SELECT stats_reset AT TIME ZONE 'UTC' FROM pg_catalog.pg_stat_bgwriter))
