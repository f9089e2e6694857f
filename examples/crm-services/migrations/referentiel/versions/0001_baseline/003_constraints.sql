-- constraint public.condition_paiement condition_paiement_pkey
ALTER TABLE ONLY public.condition_paiement
    ADD CONSTRAINT condition_paiement_pkey PRIMARY KEY (id);

-- constraint public.facturation_par facturation_par_pkey
ALTER TABLE ONLY public.facturation_par
    ADD CONSTRAINT facturation_par_pkey PRIMARY KEY (id);

-- constraint public.periode_facturation periode_facturation_pkey
ALTER TABLE ONLY public.periode_facturation
    ADD CONSTRAINT periode_facturation_pkey PRIMARY KEY (id);

-- constraint public.referentiel_emission_facture referentiel_emission_facture_pkey
ALTER TABLE ONLY public.referentiel_emission_facture
    ADD CONSTRAINT referentiel_emission_facture_pkey PRIMARY KEY (id);

-- constraint public.referentiel_statut_client referentiel_statut_client_pkey
ALTER TABLE ONLY public.referentiel_statut_client
    ADD CONSTRAINT referentiel_statut_client_pkey PRIMARY KEY (id);

-- constraint public.transporteur_compte transporteur_compte_pkey
ALTER TABLE ONLY public.transporteur_compte
    ADD CONSTRAINT transporteur_compte_pkey PRIMARY KEY (id);
