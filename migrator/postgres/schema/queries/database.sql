-- What identifies and characterises the connected database.
SELECT current_database() AS name, current_setting('server_version_num')::int AS server_version,
       (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS system_identifier,
       pg_catalog.pg_encoding_to_char(encoding) AS encoding,
       (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata) AS large_objects
FROM pg_catalog.pg_database WHERE datname = current_database()
