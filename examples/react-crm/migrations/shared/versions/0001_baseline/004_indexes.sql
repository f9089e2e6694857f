-- index public.ix_ai_agents_name
CREATE UNIQUE INDEX ix_ai_agents_name ON public.ai_agents USING btree (name);

-- index public.ix_call_dispositions_code
CREATE UNIQUE INDEX ix_call_dispositions_code ON public.call_dispositions USING btree (code);

-- index public.ix_contract_templates_name
CREATE UNIQUE INDEX ix_contract_templates_name ON public.contract_templates USING btree (name);

-- index public.ix_email_templates_code
CREATE UNIQUE INDEX ix_email_templates_code ON public.email_templates USING btree (code);

-- index public.ix_prediction_models_name
CREATE UNIQUE INDEX ix_prediction_models_name ON public.prediction_models USING btree (name);

-- index public.ix_pricing_zones_code
CREATE UNIQUE INDEX ix_pricing_zones_code ON public.pricing_zones USING btree (code);

-- index public.ix_service_catalog_code
CREATE UNIQUE INDEX ix_service_catalog_code ON public.service_catalog USING btree (code);

-- index public.ix_sms_templates_code
CREATE UNIQUE INDEX ix_sms_templates_code ON public.sms_templates USING btree (code);
