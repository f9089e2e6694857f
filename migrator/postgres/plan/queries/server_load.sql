-- What the source bears besides us: how far its standbys are behind in replay, and how many others are active.
SELECT coalesce(
           (SELECT jsonb_object_agg(
                       coalesce(nullif(application_name, ''), client_addr::text, pid::text),
                       -- Hidden from a role without pg_monitor: then nothing is known.
                       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::bigint)
            FROM pg_catalog.pg_stat_replication
            WHERE replay_lsn IS NOT NULL AND NOT pg_catalog.pg_is_in_recovery()),
           '{}'),
       (SELECT count(*) FROM pg_catalog.pg_stat_activity
        WHERE backend_type = 'client backend' AND state = 'active' AND application_name !~ '^migrator ')
