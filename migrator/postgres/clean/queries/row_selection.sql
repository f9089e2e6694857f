-- Rows that clean rules have picked in this session, by their physical place, which holds as long as the snapshot or
-- the lock does. A row is picked once: by the first rule, and at the smallest depth, that reaches it.
CREATE TEMPORARY TABLE IF NOT EXISTS picked (
    tbl oid NOT NULL,
    tid tid NOT NULL,
    rule text NOT NULL,
    relation integer NOT NULL,
    depth integer NOT NULL,
    reason text NOT NULL,
    tenant text,
    PRIMARY KEY (tbl, tid)
);
CREATE INDEX IF NOT EXISTS picked_relation ON pg_temp.picked (relation, depth)
