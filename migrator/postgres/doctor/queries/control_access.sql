-- Whether the role may write in a database of this server: connect to it and make a schema, as the journal's first use does.
SELECT pg_catalog.has_database_privilege(d.oid, 'CONNECT') AND pg_catalog.has_database_privilege(d.oid, 'CREATE')
FROM pg_catalog.pg_database d WHERE d.datname = %(name)s
