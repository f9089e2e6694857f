-- What these roles may do beyond their grants, in words ('': nothing), and the roles that they are members of.
SELECT r.rolname,
       concat_ws(', ', CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
                 CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
                 CASE WHEN r.rolreplication THEN 'REPLICATION' END),
       (SELECT coalesce(array_agg(DISTINCT g.rolname::text), '{}')
        FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
        WHERE m.member = r.oid)
FROM pg_catalog.pg_roles r
WHERE r.rolname = ANY (%(roles)s::text[])
