-- Foreign keys of the tables whose oids are given. Copies that partitioning made (conparentid) are left out.
SELECT c.conrelid::bigint, c.conname,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(c.conkey) WITH ORDINALITY k (attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum),
       n.nspname, r.relname,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(c.confkey) WITH ORDINALITY k (attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum),
       c.convalidated, c.condeferrable, c.confmatchtype::text, c.confdeltype::text
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class r ON r.oid = c.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE c.contype = 'f' AND c.conrelid = ANY (%(oids)s::oid[]) AND c.conparentid = 0
ORDER BY c.conrelid, c.conname
