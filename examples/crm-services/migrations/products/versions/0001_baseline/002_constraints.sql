-- constraint public.gamme gamme_pkey
ALTER TABLE ONLY public.gamme
    ADD CONSTRAINT gamme_pkey PRIMARY KEY (id);

-- constraint public.grille_tarifaire grille_tarifaire_pkey
ALTER TABLE ONLY public.grille_tarifaire
    ADD CONSTRAINT grille_tarifaire_pkey PRIMARY KEY (id);

-- constraint public.prix_produit prix_produit_pkey
ALTER TABLE ONLY public.prix_produit
    ADD CONSTRAINT prix_produit_pkey PRIMARY KEY (id);

-- constraint public.produit produit_pkey
ALTER TABLE ONLY public.produit
    ADD CONSTRAINT produit_pkey PRIMARY KEY (id);
