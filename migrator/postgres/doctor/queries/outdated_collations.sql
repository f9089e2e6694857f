-- Collations of columns whose library has another version now than when the collation was made.
SELECT DISTINCT n.nspname || '.' || c.collname, c.collversion, pg_catalog.pg_collation_actual_version(c.oid)
FROM pg_catalog.pg_collation c
JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
JOIN pg_catalog.pg_attribute a ON a.attcollation = c.oid AND NOT a.attisdropped
JOIN pg_catalog.pg_class r ON r.oid = a.attrelid AND r.relkind IN ('r', 'p', 'm', 'i')
JOIN pg_catalog.pg_namespace s ON s.oid = r.relnamespace AND s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
WHERE c.collversion <> pg_catalog.pg_collation_actual_version(c.oid)
ORDER BY 1
