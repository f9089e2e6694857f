-- Every receipt of a target database.
SELECT unit, epoch, rows, hash FROM migrator_receipts.receipts ORDER BY at
