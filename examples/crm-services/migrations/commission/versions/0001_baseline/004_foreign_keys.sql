-- foreign key public.commission FK_commission_baremeId
ALTER TABLE ONLY public.commission
    ADD CONSTRAINT "FK_commission_baremeId" FOREIGN KEY ("baremeId") REFERENCES public.commission_bareme_commission(id);

-- foreign key public.commission_palier_commission FK_commission_palier_commission_baremeId
ALTER TABLE ONLY public.commission_palier_commission
    ADD CONSTRAINT "FK_commission_palier_commission_baremeId" FOREIGN KEY ("baremeId") REFERENCES public.commission_bareme_commission(id) ON DELETE CASCADE;

-- foreign key public.commission FK_commission_statutId
ALTER TABLE ONLY public.commission
    ADD CONSTRAINT "FK_commission_statutId" FOREIGN KEY ("statutId") REFERENCES public.statut_commission(id);

-- foreign key public.ligne_bordereau FK_ligne_bordereau_bordereauId
ALTER TABLE ONLY public.ligne_bordereau
    ADD CONSTRAINT "FK_ligne_bordereau_bordereauId" FOREIGN KEY ("bordereauId") REFERENCES public.bordereau_commission(id) ON DELETE CASCADE;

-- foreign key public.ligne_bordereau FK_ligne_bordereau_commissionId
ALTER TABLE ONLY public.ligne_bordereau
    ADD CONSTRAINT "FK_ligne_bordereau_commissionId" FOREIGN KEY ("commissionId") REFERENCES public.commission(id);

-- foreign key public.reprise_commission FK_reprise_commission_commissionOrigineId
ALTER TABLE ONLY public.reprise_commission
    ADD CONSTRAINT "FK_reprise_commission_commissionOrigineId" FOREIGN KEY ("commissionOrigineId") REFERENCES public.commission(id);
