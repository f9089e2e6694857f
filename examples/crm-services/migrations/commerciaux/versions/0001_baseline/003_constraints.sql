-- constraint public.apporteur apporteur_pkey
ALTER TABLE ONLY public.apporteur
    ADD CONSTRAINT apporteur_pkey PRIMARY KEY (id);

-- constraint public.commerciaux_bareme_commission commerciaux_bareme_commission_pkey
ALTER TABLE ONLY public.commerciaux_bareme_commission
    ADD CONSTRAINT commerciaux_bareme_commission_pkey PRIMARY KEY (id);

-- constraint public.commerciaux_palier_commission commerciaux_palier_commission_pkey
ALTER TABLE ONLY public.commerciaux_palier_commission
    ADD CONSTRAINT commerciaux_palier_commission_pkey PRIMARY KEY (id);

-- constraint public.modele_distribution modele_distribution_pkey
ALTER TABLE ONLY public.modele_distribution
    ADD CONSTRAINT modele_distribution_pkey PRIMARY KEY (id);
