-- Installed extensions.
SELECT e.oid::bigint, e.extname, e.extversion FROM pg_catalog.pg_extension e ORDER BY e.extname
