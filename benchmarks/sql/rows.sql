-- psql -v tenants=N -v customers=N -v orders=N -v lines=N -v bytes=N: the same rows for the same numbers, always.
-- Companies are skewed: the share of the first n of T is sqrt(n / T). An order's customer is anywhere; the lines of
-- an order were written together with it. `bytes` is a row's width on the heap, to which the note fills it up.
SET synchronous_commit = off;

INSERT INTO customers
SELECT
    n,
    1 + floor(:tenants * power((n * 7919 % 1000003) / 1000003.0, 2))::integer,
    'Customer ' || n,
    'customer' || n || '@example.org',
    n % 7 <> 0,
    timestamp with time zone '2020-01-01 00:00:00Z' + n * interval '17 seconds',
    left(repeat(md5(n::text), :bytes / 32 + 1), greatest(0, :bytes - 95))
FROM generate_series(1::bigint, :customers) n;

INSERT INTO orders
SELECT
    n,
    1 + floor(:tenants * power((c * 7919 % 1000003) / 1000003.0, 2))::integer,
    c,
    'O-' || n,
    (ARRAY['draft', 'open', 'shipped', 'paid'])[1 + n % 4],
    n * 7919 % 1000000 / 100.0,
    timestamp with time zone '2021-01-01 00:00:00Z' + n * interval '29 seconds',
    left(repeat(md5(n::text), :bytes / 32 + 1), greatest(0, :bytes - 85))
FROM (SELECT n, 1 + n * 104729 % :customers AS c FROM generate_series(1::bigint, :orders) n) o;

INSERT INTO lines
SELECT
    n,
    1 + (n - 1) * :orders / :lines,
    1 + n % 9,
    'A-' || n * 31 % 5000,
    1 + n % 40,
    n * 104729 % 100000 / 100.0,
    left(repeat(md5(n::text), :bytes / 32 + 1), greatest(0, :bytes - 70))
FROM generate_series(1::bigint, :lines) n;
