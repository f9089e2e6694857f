-- Extensions that the server has, and whether only a superuser may install them.
SELECT a.name, coalesce(v.superuser AND NOT v.trusted, false)
FROM pg_catalog.pg_available_extensions a
LEFT JOIN pg_catalog.pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
