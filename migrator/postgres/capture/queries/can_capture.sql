-- Whether the server is a standby, and whether this role may write functions in plpgsql.
SELECT pg_catalog.pg_is_in_recovery(),
       EXISTS (SELECT FROM pg_catalog.pg_language WHERE lanname = 'plpgsql'
                                                    AND pg_catalog.has_language_privilege(oid, 'USAGE'))
