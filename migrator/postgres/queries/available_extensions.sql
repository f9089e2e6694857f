-- Extensions that the server could install.
SELECT name FROM pg_catalog.pg_available_extensions
