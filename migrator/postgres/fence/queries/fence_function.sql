-- What every write to a fenced table runs into. The trigger's argument is the run's id.
CREATE SCHEMA IF NOT EXISTS migrator_fence;
CREATE OR REPLACE FUNCTION migrator_fence.refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
    RAISE EXCEPTION 'the table %.% is fenced: this database is being split, and takes no writes',
                    quote_ident(TG_TABLE_SCHEMA), quote_ident(TG_TABLE_NAME)
        USING ERRCODE = 'read_only_sql_transaction',
              DETAIL = 'migrator run ' || TG_ARGV[0],
              HINT = 'Ask whoever runs the migration. `migrator status` shows it, `migrator rollback` lifts the fence.';
END
$refuse$
