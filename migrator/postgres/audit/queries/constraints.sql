-- Constraints that existing rows need not satisfy: NOT VALID, or NOT ENFORCED (18 and newer). What a partition or a child
-- table inherited is its parent's. Parameter schemas as in tables.sql.
SELECT n.nspname AS schema, coalesce(r.relname, y.typname) AS owner, c.conname AS name, c.contype::text AS kind,
       pg_catalog.pg_get_constraintdef(c.oid) AS definition,
       coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) AS enforced, y.oid IS NOT NULL AS of_domain
FROM pg_catalog.pg_constraint c
LEFT JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
LEFT JOIN pg_catalog.pg_type y ON y.oid = c.contypid
JOIN pg_catalog.pg_namespace n ON n.oid = coalesce(r.relnamespace, y.typnamespace)
WHERE NOT c.convalidated AND c.contype IN ('c', 'f', 'n') AND c.conparentid = 0 AND c.coninhcount = 0
  AND CASE WHEN %(schemas)s::text[] IS NULL
           THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
           ELSE n.nspname = ANY (%(schemas)s::text[]) END
ORDER BY n.nspname, 2, c.conname
