-- What the transaction sees, and whether all of its statements see the same. The functions are there since 8.3; those
-- of type xid8 only since 13.
SELECT pg_catalog.txid_current_snapshot()::text, pg_catalog.current_setting('transaction_isolation')
