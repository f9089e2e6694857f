-- foreign key public.gamme FK_gamme_parentId
ALTER TABLE ONLY public.gamme
    ADD CONSTRAINT "FK_gamme_parentId" FOREIGN KEY ("parentId") REFERENCES public.gamme(id);

-- foreign key public.prix_produit FK_prix_produit_grilleTarifaireId
ALTER TABLE ONLY public.prix_produit
    ADD CONSTRAINT "FK_prix_produit_grilleTarifaireId" FOREIGN KEY ("grilleTarifaireId") REFERENCES public.grille_tarifaire(id) ON DELETE CASCADE;

-- foreign key public.prix_produit FK_prix_produit_produitId
ALTER TABLE ONLY public.prix_produit
    ADD CONSTRAINT "FK_prix_produit_produitId" FOREIGN KEY ("produitId") REFERENCES public.produit(id);

-- foreign key public.produit FK_produit_gammeId
ALTER TABLE ONLY public.produit
    ADD CONSTRAINT "FK_produit_gammeId" FOREIGN KEY ("gammeId") REFERENCES public.gamme(id);
