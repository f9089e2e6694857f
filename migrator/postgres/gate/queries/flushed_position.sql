-- Up to where the log of this server is written, as text.
SELECT pg_catalog.pg_current_wal_insert_lsn()::text
