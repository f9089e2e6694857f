-- constraint public.activite activite_pkey
ALTER TABLE ONLY public.activite
    ADD CONSTRAINT activite_pkey PRIMARY KEY (id);

-- constraint public.evenement_suivi evenement_suivi_pkey
ALTER TABLE ONLY public.evenement_suivi
    ADD CONSTRAINT evenement_suivi_pkey PRIMARY KEY (id);

-- constraint public.tache tache_pkey
ALTER TABLE ONLY public.tache
    ADD CONSTRAINT tache_pkey PRIMARY KEY (id);

-- constraint public.type_activite type_activite_pkey
ALTER TABLE ONLY public.type_activite
    ADD CONSTRAINT type_activite_pkey PRIMARY KEY (id);
