-- Prepared transactions of this database.
SELECT gid, owner, to_char(prepared, 'HH24:MI:SS')
FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
ORDER BY prepared, gid
