-- Which settings written by ALTER SYSTEM does the running server not follow yet? They need a restart.
SELECT name
FROM pg_catalog.pg_file_settings
WHERE error IS NOT NULL
ORDER BY name;
