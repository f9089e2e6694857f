-- What the connected role is on this server: its name, whether it may make databases, whether it may make roles, whether
-- row level security lets it pass, and whether it is a superuser.
SELECT rolname, rolsuper OR rolcreatedb, rolsuper OR rolcreaterole, rolsuper OR rolbypassrls, rolsuper
FROM pg_catalog.pg_roles WHERE rolname = current_user
