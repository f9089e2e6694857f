-- index public.client_categories_name_key
CREATE UNIQUE INDEX client_categories_name_key ON public.client_categories USING btree (name);

-- index public.idx_opportunities_stage
CREATE INDEX idx_opportunities_stage ON public.opportunities USING btree (stage);
