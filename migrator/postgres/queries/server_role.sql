-- What the connected role is on this server: its name, whether it may make databases, roles, and whatever it likes.
SELECT rolname, rolsuper OR rolcreatedb, rolsuper OR rolcreaterole, rolsuper
FROM pg_catalog.pg_roles WHERE rolname = current_user
