-- constraint public.adresse adresse_pkey
ALTER TABLE ONLY public.adresse
    ADD CONSTRAINT adresse_pkey PRIMARY KEY (id);

-- constraint public.client_base client_base_pkey
ALTER TABLE ONLY public.client_base
    ADD CONSTRAINT client_base_pkey PRIMARY KEY (id);

-- constraint public.client_entreprise client_entreprise_pkey
ALTER TABLE ONLY public.client_entreprise
    ADD CONSTRAINT client_entreprise_pkey PRIMARY KEY (id);

-- constraint public.client_partenaire client_partenaire_pkey
ALTER TABLE ONLY public.client_partenaire
    ADD CONSTRAINT client_partenaire_pkey PRIMARY KEY (id);

-- constraint public.clients_statut_client clients_statut_client_pkey
ALTER TABLE ONLY public.clients_statut_client
    ADD CONSTRAINT clients_statut_client_pkey PRIMARY KEY (id);
