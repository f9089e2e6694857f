-- The receipt of one unit of work, if it was done in this database.
SELECT epoch, rows, hash FROM migrator_receipts.receipts WHERE unit = %(unit)s
