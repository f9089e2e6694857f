-- Extensions that the server could install, each with the version that it would.
SELECT name, default_version FROM pg_catalog.pg_available_extensions
