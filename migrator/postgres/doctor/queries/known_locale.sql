-- Whether the server is seen to have a locale of libc: one of its databases or collations is made with it, however the
-- encoding in its name is spelt.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_database d
    WHERE lower(replace(d.datcollate, '-', '')) = lower(replace(%(locale)s, '-', ''))
    UNION ALL
    SELECT FROM pg_catalog.pg_collation c
    WHERE lower(replace(c.collcollate, '-', '')) = lower(replace(%(locale)s, '-', ''))
)
