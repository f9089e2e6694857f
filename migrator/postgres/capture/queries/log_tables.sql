-- What capture keeps: the log of changed rows, what its numbers mean, positions, and what the catalog of captured
-- tables was like at some. All that is there already stays.
-- An entry's key and route are the first columns of each; more are the further ones of the key, then those of the route.
-- Without a key it is for the whole table.
CREATE SCHEMA IF NOT EXISTS migrator_follow;
CREATE TABLE IF NOT EXISTS migrator_follow.log (
    xid bigint NOT NULL DEFAULT pg_catalog.txid_current(), relation integer NOT NULL, key text, route text, more text[]
);
CREATE INDEX IF NOT EXISTS log_xid ON migrator_follow.log (xid);
CREATE TABLE IF NOT EXISTS migrator_follow.tables (
    number integer PRIMARY KEY, schema_name text NOT NULL, table_name text NOT NULL, key text[] NOT NULL,
    route text[] NOT NULL, formatted boolean NOT NULL
);
CREATE TABLE IF NOT EXISTS migrator_follow.positions (
    side text PRIMARY KEY, snapshot text NOT NULL, at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE TABLE IF NOT EXISTS migrator_follow.watched (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, snapshot text NOT NULL, watch text NOT NULL
)
