-- psql -v tenants=N: a company has three rows in each of the first four tables, and none in the other thirty-six.
SET synchronous_commit = off;
-- The keys are drawn from their sequences, in the order of n.
INSERT INTO ledger_01 (tenant_id, before_id, amount, note)
SELECT 1 + n % :tenants, NULL, n % 1000 / 10.0, 'n' || n FROM generate_series(1, 3 * :tenants) n;
INSERT INTO ledger_02 (tenant_id, before_id, amount, note)
SELECT 1 + n % :tenants, n, n % 1000 / 10.0, 'n' || n FROM generate_series(1, 3 * :tenants) n;
INSERT INTO ledger_03 (tenant_id, before_id, amount, note)
SELECT 1 + n % :tenants, n, n % 1000 / 10.0, 'n' || n FROM generate_series(1, 3 * :tenants) n;
INSERT INTO ledger_04 (tenant_id, before_id, amount, note)
SELECT 1 + n % :tenants, n, n % 1000 / 10.0, 'n' || n FROM generate_series(1, 3 * :tenants) n;
