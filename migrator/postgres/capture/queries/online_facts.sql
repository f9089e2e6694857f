-- What in a database hinders following it, as (kind, name, schema, table, root's schema, root, seconds): publications of all
-- tables; triggers that fire for replicated rows too; partitions that are foreign tables; unlogged tables; tables of few
-- rows that are updated over and over, as far as statistics say; open and prepared transactions, the oldest first.
WITH relation AS (
    SELECT c.oid, c.relkind, c.relpersistence, c.relispartition, n.nspname, c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') !~ '^migrator [{]'
), always AS (
    SELECT t.tgname, t.tgrelid
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgenabled = 'A' AND NOT t.tgisinternal
      AND coalesce(pg_catalog.obj_description(p.pronamespace, 'pg_namespace'), '') !~ '^migrator [{]'
), facts (kind, name, schema_name, table_name, root_schema, root_name, seconds) AS (
    SELECT 'publication', p.pubname::text, NULL, NULL, NULL, NULL, NULL
    FROM pg_catalog.pg_publication p WHERE p.puballtables
    UNION ALL
    -- A partition's are named by the table that is captured.
    SELECT DISTINCT 'always', a.tgname::text, rn.nspname, r.relname, NULL, NULL, NULL::float8
    FROM always a
    JOIN relation t ON t.oid = a.tgrelid
    JOIN pg_catalog.pg_class r ON r.oid = coalesce(pg_catalog.pg_partition_root(t.oid), t.oid)
    JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
    UNION ALL
    SELECT 'foreign', NULL, f.nspname, f.relname, rn.nspname, r.relname, NULL
    FROM relation f
    JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(f.oid)
    JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
    WHERE f.relkind = 'f' AND f.relispartition
    UNION ALL
    SELECT 'unlogged', NULL, nspname, relname, NULL, NULL, NULL
    FROM relation WHERE relkind = 'r' AND relpersistence = 'u'
    UNION ALL
    SELECT 'hot', NULL, r.nspname, r.relname, NULL, NULL, NULL
    FROM relation r
    JOIN pg_catalog.pg_stat_user_tables s ON s.relid = r.oid
    WHERE s.n_live_tup BETWEEN 1 AND 1000 AND s.n_tup_upd > 1000 * s.n_live_tup
    UNION ALL
    SELECT 'transaction',
           format('pid %s (%s, %s)', a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'no application name')),
           NULL, NULL, NULL, NULL,
           extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8
    FROM pg_catalog.pg_stat_activity a
    WHERE a.datname = pg_catalog.current_database() AND a.xact_start IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
      AND a.backend_type = 'client backend'
    UNION ALL
    SELECT 'transaction', format('prepared transaction %L', x.gid), NULL, NULL, NULL, NULL,
           extract(epoch FROM pg_catalog.clock_timestamp() - x.prepared)::float8
    FROM pg_catalog.pg_prepared_xacts x WHERE x.database = pg_catalog.current_database()
)
SELECT kind, name, schema_name, table_name, root_schema, root_name, seconds
FROM facts ORDER BY kind, seconds DESC NULLS LAST, schema_name, table_name, name
