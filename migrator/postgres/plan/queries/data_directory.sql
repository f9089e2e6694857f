-- Where the server keeps its data, and when that directory last changed. For superusers, and for members of
-- pg_read_all_settings who may call pg_stat_file.
SELECT current_setting('data_directory'), extract(epoch FROM (pg_catalog.pg_stat_file('.')).modification)::bigint
