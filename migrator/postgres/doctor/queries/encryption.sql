-- Protocol and cipher of this session, NULL where it is not encrypted.
SELECT CASE WHEN ssl THEN version || ', ' || cipher END
FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()
