-- What the numbers of the log mean.
SELECT number, schema_name, table_name, key, route, formatted FROM migrator_follow.tables ORDER BY number
