"""From the source to the targets: reading once, routing each row, receipts beside the rows."""
