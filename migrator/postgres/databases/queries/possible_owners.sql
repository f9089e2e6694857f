-- Whether the connected role is a superuser, its name, and which of the roles given it is a member of, but for itself.
SELECT me.rolsuper, me.rolname,
       (SELECT coalesce(array_agg(r.rolname::text), '{}') FROM pg_catalog.pg_roles r
        WHERE r.rolname = ANY (%(roles)s::text[]) AND r.rolname <> me.rolname
          AND pg_catalog.pg_has_role(r.oid, 'MEMBER'))
FROM pg_catalog.pg_roles me
WHERE me.rolname = current_user
