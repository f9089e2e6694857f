-- The version of the library that the connected database orders text by now. PostgreSQL 15 and newer.
SELECT pg_catalog.pg_database_collation_actual_version(oid)
FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
