-- Those of the given settings that this session would have otherwise by default: by its server, database or role.
SELECT wanted.name
FROM unnest(%(names)s::text[], %(values)s::text[]) AS wanted (name, value)
JOIN pg_catalog.pg_settings s ON s.name = wanted.name
WHERE s.reset_val <> wanted.value
