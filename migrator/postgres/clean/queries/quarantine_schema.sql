-- Where clean keeps the rows that it took, in the source itself, so that taking and keeping are one transaction. The
-- whole row is kept as the text of its composite type, which reads back exactly whatever the types of its columns.
CREATE SCHEMA IF NOT EXISTS migrator_quarantine;
CREATE TABLE IF NOT EXISTS migrator_quarantine.rows (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id text NOT NULL,
    rule text NOT NULL,
    reason text NOT NULL,
    source_schema text NOT NULL,
    source_table text NOT NULL,
    tenant_key text,
    row_key jsonb,
    columns text[] NOT NULL,
    "row" text NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS rows_source ON migrator_quarantine.rows (source_schema, source_table)
