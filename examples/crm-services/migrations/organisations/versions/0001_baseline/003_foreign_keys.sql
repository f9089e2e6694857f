-- foreign key public.membre_partenaire FK_membre_partenaire_partenaireMarqueBlancheId
ALTER TABLE ONLY public.membre_partenaire
    ADD CONSTRAINT "FK_membre_partenaire_partenaireMarqueBlancheId" FOREIGN KEY ("partenaireMarqueBlancheId") REFERENCES public.partenaire_marque_blanche(id) ON DELETE CASCADE;

-- foreign key public.membre_partenaire FK_membre_partenaire_rolePartenaireId
ALTER TABLE ONLY public.membre_partenaire
    ADD CONSTRAINT "FK_membre_partenaire_rolePartenaireId" FOREIGN KEY ("rolePartenaireId") REFERENCES public.role_partenaire(id);

-- foreign key public.organisations_invitation_compte FK_organisations_invitation_compte_organisationId
ALTER TABLE ONLY public.organisations_invitation_compte
    ADD CONSTRAINT "FK_organisations_invitation_compte_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.organisations_invitation_compte FK_organisations_invitation_compte_rolePartenaireId
ALTER TABLE ONLY public.organisations_invitation_compte
    ADD CONSTRAINT "FK_organisations_invitation_compte_rolePartenaireId" FOREIGN KEY ("rolePartenaireId") REFERENCES public.role_partenaire(id);

-- foreign key public.partenaire_marque_blanche FK_partenaire_marque_blanche_organisationId
ALTER TABLE ONLY public.partenaire_marque_blanche
    ADD CONSTRAINT "FK_partenaire_marque_blanche_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.partenaire_marque_blanche FK_partenaire_marque_blanche_statutPartenaireId
ALTER TABLE ONLY public.partenaire_marque_blanche
    ADD CONSTRAINT "FK_partenaire_marque_blanche_statutPartenaireId" FOREIGN KEY ("statutPartenaireId") REFERENCES public.statut_partenaire(id);

-- foreign key public.partenaire_marque_blanche FK_partenaire_marque_blanche_themeMarqueId
ALTER TABLE ONLY public.partenaire_marque_blanche
    ADD CONSTRAINT "FK_partenaire_marque_blanche_themeMarqueId" FOREIGN KEY ("themeMarqueId") REFERENCES public.theme_marque(id);

-- foreign key public.societe FK_societe_organisationId
ALTER TABLE ONLY public.societe
    ADD CONSTRAINT "FK_societe_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.theme_marque FK_theme_marque_organisationId
ALTER TABLE ONLY public.theme_marque
    ADD CONSTRAINT "FK_theme_marque_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);
