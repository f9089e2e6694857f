-- Those of the databases that the connected role may not drop, with their owners.
SELECT d.datname, pg_catalog.pg_get_userbyid(d.datdba)
FROM pg_catalog.pg_database d
WHERE d.datname = ANY (%(databases)s) AND NOT pg_catalog.pg_has_role(d.datdba, 'USAGE')
ORDER BY 1
