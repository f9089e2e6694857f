-- Ends the sessions of a database that this role may end: those of roles that it is a member of.
SELECT pg_catalog.pg_terminate_backend(pid)
FROM pg_catalog.pg_stat_activity
WHERE datname = %(database)s AND pid <> pg_catalog.pg_backend_pid()
  AND pg_catalog.pg_has_role(usesysid, 'MEMBER') AND backend_type = 'client backend'
