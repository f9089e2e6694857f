-- constraint public.membre_partenaire membre_partenaire_pkey
ALTER TABLE ONLY public.membre_partenaire
    ADD CONSTRAINT membre_partenaire_pkey PRIMARY KEY (id);

-- constraint public.organisation organisation_pkey
ALTER TABLE ONLY public.organisation
    ADD CONSTRAINT organisation_pkey PRIMARY KEY (id);

-- constraint public.organisations_invitation_compte organisations_invitation_compte_pkey
ALTER TABLE ONLY public.organisations_invitation_compte
    ADD CONSTRAINT organisations_invitation_compte_pkey PRIMARY KEY (id);

-- constraint public.partenaire_marque_blanche partenaire_marque_blanche_pkey
ALTER TABLE ONLY public.partenaire_marque_blanche
    ADD CONSTRAINT partenaire_marque_blanche_pkey PRIMARY KEY (id);

-- constraint public.role_partenaire role_partenaire_pkey
ALTER TABLE ONLY public.role_partenaire
    ADD CONSTRAINT role_partenaire_pkey PRIMARY KEY (id);

-- constraint public.societe societe_pkey
ALTER TABLE ONLY public.societe
    ADD CONSTRAINT societe_pkey PRIMARY KEY (id);

-- constraint public.statut_partenaire statut_partenaire_pkey
ALTER TABLE ONLY public.statut_partenaire
    ADD CONSTRAINT statut_partenaire_pkey PRIMARY KEY (id);

-- constraint public.theme_marque theme_marque_pkey
ALTER TABLE ONLY public.theme_marque
    ADD CONSTRAINT theme_marque_pkey PRIMARY KEY (id);
