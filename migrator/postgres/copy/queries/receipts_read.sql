-- The receipts of those of the named units of work that were done in this database.
SELECT unit, epoch, rows, hash FROM migrator_receipts.receipts WHERE unit = ANY (%(units)s)
