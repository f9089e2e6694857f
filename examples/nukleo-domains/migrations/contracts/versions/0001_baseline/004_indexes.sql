-- index public.contract_templates_name_key
CREATE UNIQUE INDEX contract_templates_name_key ON public.contract_templates USING btree (name);

-- index public.contracts_number_key
CREATE UNIQUE INDEX contracts_number_key ON public.contracts USING btree (number);
