-- foreign key public.adresse FK_adresse_clientBaseId
ALTER TABLE ONLY public.adresse
    ADD CONSTRAINT "FK_adresse_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id) ON DELETE CASCADE;

-- foreign key public.client_base FK_client_base_statutId
ALTER TABLE ONLY public.client_base
    ADD CONSTRAINT "FK_client_base_statutId" FOREIGN KEY ("statutId") REFERENCES public.clients_statut_client(id);

-- foreign key public.client_entreprise FK_client_entreprise_clientBaseId
ALTER TABLE ONLY public.client_entreprise
    ADD CONSTRAINT "FK_client_entreprise_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id) ON DELETE CASCADE;

-- foreign key public.client_partenaire FK_client_partenaire_clientBaseId
ALTER TABLE ONLY public.client_partenaire
    ADD CONSTRAINT "FK_client_partenaire_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id) ON DELETE CASCADE;
