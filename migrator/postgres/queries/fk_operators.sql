-- The operators by which each foreign key compares, referenced column on the left, in the order of its columns: what
-- the server itself uses. Columns of extension types have operators that no search_path of ours would find.
SELECT n.nspname, t.relname, c.conname,
       (SELECT array_agg(array[s.nspname::text, o.oprname::text] ORDER BY k.place)
        FROM unnest(c.conpfeqop) WITH ORDINALITY k (operator, place)
        JOIN pg_catalog.pg_operator o ON o.oid = k.operator
        JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace)
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE c.contype = 'f'
