-- index public.tickets_number_key
CREATE UNIQUE INDEX tickets_number_key ON public.tickets USING btree (number);
