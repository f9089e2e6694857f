-- The door of a tenant's database: while it is shut nobody writes there but the applier. `shutting` tells writers that
-- it is about to be shut, so that they share its lock: the number of the transaction that said so. `opened_at` is the snapshot of the transaction that opened it:
-- what that does not see was written here, and has to be carried back.
CREATE TABLE IF NOT EXISTS migrator_follow.door (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), open boolean NOT NULL DEFAULT false,
    shutting bigint, generation bigint NOT NULL DEFAULT 0, opened_at text
);
INSERT INTO migrator_follow.door DEFAULT VALUES ON CONFLICT DO NOTHING
