-- constraint public.bordereau_commission bordereau_commission_pkey
ALTER TABLE ONLY public.bordereau_commission
    ADD CONSTRAINT bordereau_commission_pkey PRIMARY KEY (id);

-- constraint public.commission_bareme_commission commission_bareme_commission_pkey
ALTER TABLE ONLY public.commission_bareme_commission
    ADD CONSTRAINT commission_bareme_commission_pkey PRIMARY KEY (id);

-- constraint public.commission_palier_commission commission_palier_commission_pkey
ALTER TABLE ONLY public.commission_palier_commission
    ADD CONSTRAINT commission_palier_commission_pkey PRIMARY KEY (id);

-- constraint public.commission commission_pkey
ALTER TABLE ONLY public.commission
    ADD CONSTRAINT commission_pkey PRIMARY KEY (id);

-- constraint public.ligne_bordereau ligne_bordereau_pkey
ALTER TABLE ONLY public.ligne_bordereau
    ADD CONSTRAINT ligne_bordereau_pkey PRIMARY KEY (id);

-- constraint public.reprise_commission reprise_commission_pkey
ALTER TABLE ONLY public.reprise_commission
    ADD CONSTRAINT reprise_commission_pkey PRIMARY KEY (id);

-- constraint public.statut_commission statut_commission_pkey
ALTER TABLE ONLY public.statut_commission
    ADD CONSTRAINT statut_commission_pkey PRIMARY KEY (id);
