-- Every role of the server with its comment, which holds our mark where we made it.
SELECT rolname, pg_catalog.shobj_description(oid, 'pg_authid')
FROM pg_catalog.pg_roles
WHERE rolname !~ '^pg_'
ORDER BY rolname
