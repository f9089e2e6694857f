-- One large object's owner, comment and privileges (grantee '' is PUBLIC). Parameter oid.
SELECT pg_catalog.pg_get_userbyid(m.lomowner), pg_catalog.obj_description(m.oid, 'pg_largeobject'),
       (SELECT coalesce(jsonb_agg(jsonb_build_array(CASE WHEN a.grantee = 0 THEN ''
                                                         ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
                                                    a.privilege_type, a.is_grantable)
                                  ORDER BY a.grantee, a.privilege_type), '[]')
        FROM pg_catalog.aclexplode(m.lomacl) a WHERE a.grantee <> m.lomowner)
FROM pg_catalog.pg_largeobject_metadata m
WHERE m.oid = %(oid)s
