-- The tenant root: one row per company.
CREATE TABLE tenants (
    id integer PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL
);
