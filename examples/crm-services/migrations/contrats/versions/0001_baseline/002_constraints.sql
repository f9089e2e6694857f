-- constraint public.contrat contrat_pkey
ALTER TABLE ONLY public.contrat
    ADD CONSTRAINT contrat_pkey PRIMARY KEY (id);

-- constraint public.historique_statut_contrat historique_statut_contrat_pkey
ALTER TABLE ONLY public.historique_statut_contrat
    ADD CONSTRAINT historique_statut_contrat_pkey PRIMARY KEY (id);

-- constraint public.ligne_contrat ligne_contrat_pkey
ALTER TABLE ONLY public.ligne_contrat
    ADD CONSTRAINT ligne_contrat_pkey PRIMARY KEY (id);

-- constraint public.orchestration_history orchestration_history_pkey
ALTER TABLE ONLY public.orchestration_history
    ADD CONSTRAINT orchestration_history_pkey PRIMARY KEY (id);

-- constraint public.statut_contrat statut_contrat_pkey
ALTER TABLE ONLY public.statut_contrat
    ADD CONSTRAINT statut_contrat_pkey PRIMARY KEY (id);
