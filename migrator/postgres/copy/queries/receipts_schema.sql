-- The receipts of a target database: one row for each unit of work, committed together with what it did.
-- The hash is a sum of 64-bit hashes modulo 2^64, which leaves bigint's range.
CREATE SCHEMA migrator_receipts;
COMMENT ON SCHEMA migrator_receipts IS 'migrator {"role": "receipts"}';
CREATE TABLE migrator_receipts.receipts (
    unit text PRIMARY KEY,
    epoch text NOT NULL,
    rows bigint NOT NULL,
    hash numeric(20) NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
)
