-- constraint public.facture facture_pkey
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT facture_pkey PRIMARY KEY (id);

-- constraint public.facture_settings facture_settings_pkey
ALTER TABLE ONLY public.facture_settings
    ADD CONSTRAINT facture_settings_pkey PRIMARY KEY (id);

-- constraint public.factures_emission_facture factures_emission_facture_pkey
ALTER TABLE ONLY public.factures_emission_facture
    ADD CONSTRAINT factures_emission_facture_pkey PRIMARY KEY (id);

-- constraint public.invoice_item invoice_item_pkey
ALTER TABLE ONLY public.invoice_item
    ADD CONSTRAINT invoice_item_pkey PRIMARY KEY (id);

-- constraint public.invoice invoice_pkey
ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT invoice_pkey PRIMARY KEY (id);

-- constraint public.ligne_facture ligne_facture_pkey
ALTER TABLE ONLY public.ligne_facture
    ADD CONSTRAINT ligne_facture_pkey PRIMARY KEY (id);

-- constraint public.statut_facture statut_facture_pkey
ALTER TABLE ONLY public.statut_facture
    ADD CONSTRAINT statut_facture_pkey PRIMARY KEY (id);
