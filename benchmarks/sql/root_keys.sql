-- Only the monolith has the companies in the same database.
ALTER TABLE customers ADD CONSTRAINT customers_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE orders ADD CONSTRAINT orders_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id);
