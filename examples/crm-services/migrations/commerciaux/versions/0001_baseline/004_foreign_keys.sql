-- foreign key public.apporteur FK_apporteur_modeleDistributionId
ALTER TABLE ONLY public.apporteur
    ADD CONSTRAINT "FK_apporteur_modeleDistributionId" FOREIGN KEY ("modeleDistributionId") REFERENCES public.modele_distribution(id);

-- foreign key public.apporteur FK_apporteur_parentId
ALTER TABLE ONLY public.apporteur
    ADD CONSTRAINT "FK_apporteur_parentId" FOREIGN KEY ("parentId") REFERENCES public.apporteur(id);

-- foreign key public.commerciaux_bareme_commission FK_commerciaux_bareme_commission_modeleDistributionId
ALTER TABLE ONLY public.commerciaux_bareme_commission
    ADD CONSTRAINT "FK_commerciaux_bareme_commission_modeleDistributionId" FOREIGN KEY ("modeleDistributionId") REFERENCES public.modele_distribution(id);

-- foreign key public.commerciaux_palier_commission FK_commerciaux_palier_commission_baremeId
ALTER TABLE ONLY public.commerciaux_palier_commission
    ADD CONSTRAINT "FK_commerciaux_palier_commission_baremeId" FOREIGN KEY ("baremeId") REFERENCES public.commerciaux_bareme_commission(id) ON DELETE CASCADE;
