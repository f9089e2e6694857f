-- Records a unit of work in the transaction that did it; a unit that is already there is an error.
INSERT INTO migrator_receipts.receipts (unit, epoch, rows, hash) VALUES (%(unit)s, %(epoch)s, %(rows)s, %(hash)s)
