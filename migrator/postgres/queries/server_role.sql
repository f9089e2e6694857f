-- What the connected role is on this server: its name, whether it may make databases, whether it may make roles, and
-- whether row level security lets it pass.
SELECT rolname, rolsuper OR rolcreatedb, rolsuper OR rolcreaterole, rolsuper OR rolbypassrls
FROM pg_catalog.pg_roles WHERE rolname = current_user
