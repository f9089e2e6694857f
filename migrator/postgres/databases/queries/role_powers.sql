-- What these roles may do beyond their grants, in words ('': nothing), the roles that they are members of, and those that
-- are members of them: who connects by a member's leave. Whoever may make roles, as the one that migrates, counts for none.
SELECT r.rolname,
       concat_ws(', ', CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
                 CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
                 CASE WHEN r.rolreplication THEN 'REPLICATION' END),
       (SELECT coalesce(array_agg(DISTINCT g.rolname::text), '{}')
        FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
        WHERE m.member = r.oid),
       (SELECT coalesce(array_agg(DISTINCT g.rolname::text), '{}')
        FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.member
        WHERE m.roleid = r.oid AND g.rolname <> CURRENT_USER AND NOT g.rolcreaterole AND NOT g.rolsuper)
FROM pg_catalog.pg_roles r
WHERE r.rolname = ANY (%(roles)s::text[])
