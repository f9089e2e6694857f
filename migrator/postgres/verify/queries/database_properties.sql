-- What belongs to the connected database as a whole: owner, connection limit, comment, privileges (NULL: the defaults).
SELECT pg_catalog.pg_get_userbyid(d.datdba), d.datconnlimit, pg_catalog.shobj_description(d.oid, 'pg_database'),
       CASE WHEN d.datacl IS NOT NULL THEN
           (SELECT coalesce(jsonb_agg(jsonb_build_array(CASE WHEN a.grantee = 0 THEN ''
                                                             ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
                                                        a.privilege_type, a.is_grantable)
                                      ORDER BY a.grantee, a.privilege_type), '[]')
            FROM pg_catalog.aclexplode(d.datacl) a) END
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
