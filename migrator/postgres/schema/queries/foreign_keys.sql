-- Foreign keys of the tables whose oids are given. Copies that partitioning made (conparentid) are left out. Then come
-- the operators by which the server compares, referenced column on the left: those of extension types are found by no
-- search path of ours; NULL where all are PostgreSQL's own '='. Then the collations in which it does, those of the
-- referenced columns, where the referencing ones have others; NULL where none has. At last, for keys that a partition
-- declares by itself, the partition, and whether such keys are in every partition of the table that is given; and
-- whether the key is of a PERIOD, which several rows satisfy together.
WITH RECURSIVE tree (root, oid, parent) AS (
    SELECT o.oid, o.oid, 0::oid FROM unnest(%(oids)s::oid[]) o (oid)
    UNION ALL
    SELECT t.root, i.inhrelid, t.oid
    FROM tree t
    JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT t.root::bigint AS table_oid, c.conname AS name,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(c.conkey) WITH ORDINALITY k (attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum) AS columns,
       n.nspname AS referenced_schema, r.relname AS referenced_table,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(c.confkey) WITH ORDINALITY k (attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum) AS referenced_columns,
       c.convalidated AS validated, c.condeferrable AS deferrable, c.confmatchtype::text AS match,
       c.confdeltype::text AS on_delete,
       (SELECT CASE WHEN bool_or(s.nspname <> 'pg_catalog' OR o.oprname <> '=')
                    THEN array_agg(array[s.nspname::text, o.oprname::text] ORDER BY k.place) END
        FROM unnest(c.conpfeqop) WITH ORDINALITY k (operator, place)
        JOIN pg_catalog.pg_operator o ON o.oid = k.operator
        JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace) AS operators,
       (SELECT CASE WHEN bool_or(l.oid IS NOT NULL)
                    THEN array_agg(array[coalesce(s.nspname::text, ''), coalesce(l.collname::text, '')] ORDER BY k.place) END
        FROM unnest(c.conkey, c.confkey) WITH ORDINALITY k (here, there, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.here
        JOIN pg_catalog.pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.there
        LEFT JOIN pg_catalog.pg_collation l ON l.oid = b.attcollation AND b.attcollation <> a.attcollation
        LEFT JOIN pg_catalog.pg_namespace s ON s.oid = l.collnamespace) AS collations,
       CASE WHEN t.oid <> t.root THEN array[pn.nspname::text, p.relname::text] END AS partition,
       t.oid <> t.root AND NOT EXISTS (
           SELECT FROM tree leaf
           WHERE leaf.root = t.root AND NOT EXISTS (SELECT FROM tree below WHERE below.parent = leaf.oid)
             AND NOT EXISTS (
                 SELECT FROM pg_catalog.pg_constraint other
                 WHERE other.contype = 'f' AND other.conrelid = leaf.oid AND other.confrelid = c.confrelid
                   AND other.confkey = c.confkey
                   AND (SELECT array_agg(a.attname ORDER BY k.place)
                        FROM unnest(other.conkey) WITH ORDINALITY k (attnum, place)
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = other.conrelid AND a.attnum = k.attnum)
                     = (SELECT array_agg(a.attname ORDER BY k.place)
                        FROM unnest(c.conkey) WITH ORDINALITY k (attnum, place)
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum))) AS in_every_partition,
       coalesce((pg_catalog.to_jsonb(c) ->> 'conperiod')::boolean, false) AS of_period
FROM pg_catalog.pg_constraint c
JOIN tree t ON t.oid = c.conrelid
JOIN pg_catalog.pg_class p ON p.oid = c.conrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = c.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE c.contype = 'f' AND c.conparentid = 0
ORDER BY t.root, t.oid <> t.root, c.conname, pn.nspname, p.relname
