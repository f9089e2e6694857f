-- psql -v tenants=N: the companies.
INSERT INTO tenants SELECT n, 'c' || lpad(n::text, 5, '0'), 'Company ' || n FROM generate_series(1, :tenants) n;
