-- index public.idx_invoices_client_id
CREATE INDEX idx_invoices_client_id ON public.invoices USING btree ("clientId");

-- index public.invoices_number_key
CREATE UNIQUE INDEX invoices_number_key ON public.invoices USING btree (number);

-- index public.quotes_number_key
CREATE UNIQUE INDEX quotes_number_key ON public.quotes USING btree (number);
