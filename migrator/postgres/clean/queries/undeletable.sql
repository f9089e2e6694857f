-- Tables that a publication publishes deletes of and whose rows nothing identifies: the server refuses every DELETE.
SELECT DISTINCT n.nspname, c.relname, p.pubname
FROM pg_catalog.pg_publication_tables AS t
JOIN pg_catalog.pg_publication AS p ON p.pubname = t.pubname AND p.pubdelete
JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schemaname
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.tablename
WHERE c.relreplident = 'n'
   OR (c.relreplident = 'd'
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary))
   OR (c.relreplident = 'i'
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND i.indisreplident))
ORDER BY 1, 2, 3
