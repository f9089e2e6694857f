-- What the gate of the source rests on, in the schema of whoever follows it. gate has one row, which counts the decisions:
-- the generation of the map of tenants. A decision about a wave changes the wave's row, too.
CREATE TABLE IF NOT EXISTS migrator_follow.gate (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), generation bigint NOT NULL DEFAULT 0
);
INSERT INTO migrator_follow.gate DEFAULT VALUES ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS migrator_follow.waves (
    wave integer PRIMARY KEY CHECK (wave > 0), generation bigint NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS migrator_follow.armed (
    tenant text COLLATE "C" PRIMARY KEY, wave integer NOT NULL REFERENCES migrator_follow.waves,
    since bigint NOT NULL DEFAULT pg_catalog.txid_current()
);
CREATE TABLE IF NOT EXISTS migrator_follow.fenced (
    tenant text COLLATE "C" PRIMARY KEY, generation bigint NOT NULL, decided timestamptz NOT NULL DEFAULT now()
)
