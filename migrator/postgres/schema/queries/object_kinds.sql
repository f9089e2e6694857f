-- Whether the database has comments, and objects of the kinds of rare_objects.sql; an extension's own may be among both.
SELECT EXISTS (SELECT FROM pg_catalog.pg_description
               WHERE objoid >= 16384 AND classoid <> 'pg_catalog.pg_extension'::regclass
                 -- Schemas of ours bear their mark.
                 AND (classoid <> 'pg_catalog.pg_namespace'::regclass OR description !~ '^migrator [{]')) AS comments,
       EXISTS (SELECT FROM pg_catalog.pg_statistic_ext)
       OR EXISTS (SELECT FROM pg_catalog.pg_operator WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_catalog.pg_opfamily WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_catalog.pg_opclass WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_catalog.pg_conversion WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
               WHERE n.nspname NOT IN ('pg_catalog', 'information_schema'))
       OR EXISTS (SELECT FROM pg_catalog.pg_cast WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_catalog.pg_language WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_catalog.pg_ts_config WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_catalog.pg_ts_dict WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_catalog.pg_foreign_data_wrapper)
       OR EXISTS (SELECT FROM pg_catalog.pg_publication)
       OR EXISTS (SELECT FROM pg_catalog.pg_event_trigger)
       OR EXISTS (SELECT FROM pg_catalog.pg_shdepend
                  WHERE deptype = 'o'
                    AND dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
                    AND classid::regclass::text NOT IN ('pg_class', 'pg_proc', 'pg_type', 'pg_namespace',
                                                     'pg_default_acl', 'pg_largeobject')) AS rare_objects
