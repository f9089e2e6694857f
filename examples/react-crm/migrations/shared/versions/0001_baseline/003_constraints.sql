-- constraint public.ai_agents ai_agents_pkey
ALTER TABLE ONLY public.ai_agents
    ADD CONSTRAINT ai_agents_pkey PRIMARY KEY (id);

-- constraint public.call_dispositions call_dispositions_pkey
ALTER TABLE ONLY public.call_dispositions
    ADD CONSTRAINT call_dispositions_pkey PRIMARY KEY (id);

-- constraint public.contract_templates contract_templates_pkey
ALTER TABLE ONLY public.contract_templates
    ADD CONSTRAINT contract_templates_pkey PRIMARY KEY (id);

-- constraint public.email_templates email_templates_pkey
ALTER TABLE ONLY public.email_templates
    ADD CONSTRAINT email_templates_pkey PRIMARY KEY (id);

-- constraint public.prediction_models prediction_models_pkey
ALTER TABLE ONLY public.prediction_models
    ADD CONSTRAINT prediction_models_pkey PRIMARY KEY (id);

-- constraint public.pricing_zones pricing_zones_pkey
ALTER TABLE ONLY public.pricing_zones
    ADD CONSTRAINT pricing_zones_pkey PRIMARY KEY (id);

-- constraint public.service_catalog service_catalog_pkey
ALTER TABLE ONLY public.service_catalog
    ADD CONSTRAINT service_catalog_pkey PRIMARY KEY (id);

-- constraint public.sms_templates sms_templates_pkey
ALTER TABLE ONLY public.sms_templates
    ADD CONSTRAINT sms_templates_pkey PRIMARY KEY (id);
