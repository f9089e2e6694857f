-- Who owns each of these databases, and who may connect to it ('': PUBLIC).
SELECT d.datname, pg_catalog.pg_get_userbyid(d.datdba),
       (SELECT coalesce(array_agg(DISTINCT CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END), '{}')
        FROM pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
        WHERE a.privilege_type = 'CONNECT')
FROM pg_catalog.pg_database d
WHERE d.datname = ANY (%(databases)s::text[])
