-- What the connected role is on this server: its name, whether it may make databases, and whether it may make roles.
SELECT rolname, rolsuper OR rolcreatedb, rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user
