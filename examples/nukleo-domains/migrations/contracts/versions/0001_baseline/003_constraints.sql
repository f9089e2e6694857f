-- constraint public.contract_amendments contract_amendments_pkey
ALTER TABLE ONLY public.contract_amendments
    ADD CONSTRAINT contract_amendments_pkey PRIMARY KEY (id);

-- constraint public.contract_renewals contract_renewals_pkey
ALTER TABLE ONLY public.contract_renewals
    ADD CONSTRAINT contract_renewals_pkey PRIMARY KEY (id);

-- constraint public.contract_signatures contract_signatures_pkey
ALTER TABLE ONLY public.contract_signatures
    ADD CONSTRAINT contract_signatures_pkey PRIMARY KEY (id);

-- constraint public.contract_templates contract_templates_pkey
ALTER TABLE ONLY public.contract_templates
    ADD CONSTRAINT contract_templates_pkey PRIMARY KEY (id);

-- constraint public.contracts contracts_pkey
ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT contracts_pkey PRIMARY KEY (id);
