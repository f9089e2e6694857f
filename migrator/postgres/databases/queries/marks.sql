-- Databases with their comments, in which our marks are. Other templates than marked ones are nobody's target.
SELECT d.datname, c.description
FROM pg_catalog.pg_database d
LEFT JOIN pg_catalog.pg_shdescription c
    ON c.objoid = d.oid AND c.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
WHERE (NOT d.datistemplate OR c.description IS NOT NULL)
  AND (%(names)s::text[] IS NULL OR d.datname = ANY (%(names)s))
