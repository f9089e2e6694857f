-- Whether the source is a standby, and how many more sessions the limits of this database and role let in: NULL for no
-- limit, which a superuser has. This session is counted.
SELECT pg_catalog.pg_is_in_recovery(),
       CASE WHEN d.datconnlimit >= 0 AND NOT r.rolsuper
            THEN d.datconnlimit - (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = d.datname) END::int,
       CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper
            THEN r.rolconnlimit - (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = r.rolname) END::int,
       d.datname, r.rolname
FROM pg_catalog.pg_database d, pg_catalog.pg_roles r
WHERE d.datname = pg_catalog.current_database() AND r.rolname = current_user
