-- What the connected database encodes and orders text by: encoding, provider (c, i, b), the locale's name for it, and the
-- version of the provider when the database was made. The columns differ between versions of PostgreSQL: as JSON the
-- absent ones are NULL.
SELECT pg_catalog.pg_encoding_to_char(d.encoding),
       coalesce(j.row ->> 'datlocprovider', 'c'),
       coalesce(j.row ->> 'datlocale', j.row ->> 'daticulocale', d.datcollate),
       j.row ->> 'datcollversion'
FROM pg_catalog.pg_database d, LATERAL (SELECT pg_catalog.to_jsonb(d) AS row) j
WHERE d.datname = pg_catalog.current_database()
