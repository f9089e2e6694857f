-- constraint public.historique_relance historique_relance_pkey
ALTER TABLE ONLY public.historique_relance
    ADD CONSTRAINT historique_relance_pkey PRIMARY KEY (id);

-- constraint public.regle_relance regle_relance_pkey
ALTER TABLE ONLY public.regle_relance
    ADD CONSTRAINT regle_relance_pkey PRIMARY KEY (id);
