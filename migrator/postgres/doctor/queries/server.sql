-- What a server says of itself and of this session: whether it is a standby, its address as it knows it, whether both ends
-- are on one machine, and how large the connected database is.
SELECT pg_catalog.pg_is_in_recovery(),
       pg_catalog.inet_server_addr() IS NULL OR pg_catalog.inet_client_addr() = pg_catalog.inet_server_addr(),
       pg_catalog.pg_database_size(pg_catalog.current_database())
