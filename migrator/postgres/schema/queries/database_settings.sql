-- Settings of ALTER DATABASE ... SET and ALTER ROLE ... IN DATABASE ... SET for the connected database; '' is every role.
SELECT CASE WHEN s.setrole = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(s.setrole) END,
       split_part(entry, '=', 1), substr(entry, position('=' IN entry) + 1)
FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = pg_catalog.current_database()
CROSS JOIN LATERAL unnest(s.setconfig) entry
ORDER BY 1, 2
