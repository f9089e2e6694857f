-- Columns that name the tenant, of another type than its key; every value is a tenant's.
CREATE TABLE tenants (id int PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE DOMAIN tenant_ref AS int CHECK (value > 0);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants);
CREATE TABLE a (id int PRIMARY KEY, tenant_id tenant_ref NOT NULL, t text);
CREATE TABLE b (id int PRIMARY KEY, org_id tenant_ref NOT NULL, t text);
CREATE TABLE c (id int PRIMARY KEY, tenant_id varchar(20) NOT NULL, t text);
CREATE TABLE d (id int PRIMARY KEY, tenant_id numeric(10) NOT NULL, t text);
INSERT INTO tenants SELECT i, 'tenant ' || i FROM generate_series(1, 5) i;
INSERT INTO orders SELECT i, 1 + i % 5 FROM generate_series(1, 50) i;
INSERT INTO a SELECT i, 1 + i % 5, 'x' FROM generate_series(1, 50) i;
INSERT INTO b SELECT i, 1 + i % 5, 'x' FROM generate_series(1, 50) i;
INSERT INTO c SELECT i, 1 + i % 5, 'x' FROM generate_series(1, 50) i;
INSERT INTO d SELECT i, 1 + i % 5, 'x' FROM generate_series(1, 50) i;
