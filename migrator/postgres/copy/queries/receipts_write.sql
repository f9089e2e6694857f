-- Records units of work in the transaction that did them; a unit that is already there is an error.
INSERT INTO migrator_receipts.receipts (unit, epoch, rows, hash)
SELECT * FROM unnest(%(units)s::text[], %(epochs)s::text[], %(rows)s::bigint[], %(hashes)s::numeric[])
