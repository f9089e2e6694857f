-- Where the positions of a followed database stand, beside whatever else following needs there.
CREATE SCHEMA IF NOT EXISTS migrator_follow;
CREATE TABLE IF NOT EXISTS migrator_follow.positions (
    side text PRIMARY KEY,
    snapshot text NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
