-- How long migrator's oldest snapshot has been held on this database, and how many transactions it holds xmin back.
SELECT extract(epoch FROM now() - min(xact_start))::float, max(pg_catalog.age(backend_xmin))
FROM pg_catalog.pg_stat_activity
WHERE application_name IN ('migrator snapshot', 'migrator copy', 'migrator count')
  AND datname = current_database() AND backend_xmin IS NOT NULL
