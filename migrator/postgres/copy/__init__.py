"""Copies rows from the source to the targets: one read, each row routed, receipts beside the rows."""
