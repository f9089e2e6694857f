-- Roles that own something in the connected database, or hold a privilege there.
SELECT DISTINCT pg_catalog.pg_get_userbyid(d.refobjid)
FROM pg_catalog.pg_shdepend d
JOIN pg_catalog.pg_database b ON b.oid = d.dbid AND b.datname = pg_catalog.current_database()
WHERE d.refclassid = 'pg_catalog.pg_authid'::regclass
ORDER BY 1
