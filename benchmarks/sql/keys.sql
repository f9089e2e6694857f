-- What is built once the rows are there: the keys and indexes that an application of this kind has.
ALTER TABLE customers ADD CONSTRAINT customers_pkey PRIMARY KEY (id);
ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE lines ADD CONSTRAINT lines_pkey PRIMARY KEY (id);
CREATE INDEX customers_tenant ON customers (tenant_id);
CREATE INDEX orders_tenant ON orders (tenant_id);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX lines_order ON lines (order_id);
ALTER TABLE orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer_id) REFERENCES customers (id);
ALTER TABLE lines ADD CONSTRAINT lines_order_fkey FOREIGN KEY (order_id) REFERENCES orders (id);
