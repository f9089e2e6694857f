-- Where the source's sequences stood before blocks of their numbers were given to targets, and the next number that each
-- was set to; beside the fence, so that it goes with it, and is there where the journal is not.
CREATE TABLE IF NOT EXISTS migrator_fence.reserved_sequences (
    schema_name text NOT NULL, sequence_name text NOT NULL, last_value bigint NOT NULL, is_called boolean NOT NULL,
    behind bigint NOT NULL, PRIMARY KEY (schema_name, sequence_name)
)
