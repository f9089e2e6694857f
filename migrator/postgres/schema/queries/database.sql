-- What identifies and characterises the connected database.
SELECT current_database(), current_setting('server_version_num')::int,
       (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
       pg_catalog.pg_encoding_to_char(encoding),
       (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata)
FROM pg_catalog.pg_database WHERE datname = current_database()
