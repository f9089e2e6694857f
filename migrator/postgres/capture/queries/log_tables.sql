-- What capture keeps: the log of changed rows, what its numbers mean, and positions. All that is there already stays.
CREATE SCHEMA IF NOT EXISTS migrator_follow;
CREATE TABLE IF NOT EXISTS migrator_follow.log (
    xid bigint NOT NULL DEFAULT pg_catalog.txid_current(), relation integer NOT NULL, key text[], route text[]
);
CREATE INDEX IF NOT EXISTS log_xid ON migrator_follow.log (xid);
CREATE TABLE IF NOT EXISTS migrator_follow.tables (
    number integer PRIMARY KEY, schema_name text NOT NULL, table_name text NOT NULL, key text[] NOT NULL,
    route text[] NOT NULL, formatted boolean NOT NULL
);
CREATE TABLE IF NOT EXISTS migrator_follow.positions (
    side text PRIMARY KEY, snapshot text NOT NULL, at timestamptz NOT NULL DEFAULT pg_catalog.now()
)
