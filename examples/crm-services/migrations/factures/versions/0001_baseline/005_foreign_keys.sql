-- foreign key public.facture FK_facture_emissionFactureId
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT "FK_facture_emissionFactureId" FOREIGN KEY ("emissionFactureId") REFERENCES public.factures_emission_facture(id);

-- foreign key public.facture FK_facture_factureOrigineId
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT "FK_facture_factureOrigineId" FOREIGN KEY ("factureOrigineId") REFERENCES public.facture(id);

-- foreign key public.facture FK_facture_statutFactureId
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT "FK_facture_statutFactureId" FOREIGN KEY ("statutFactureId") REFERENCES public.statut_facture(id);

-- foreign key public.invoice_item FK_invoice_item_invoiceId
ALTER TABLE ONLY public.invoice_item
    ADD CONSTRAINT "FK_invoice_item_invoiceId" FOREIGN KEY ("invoiceId") REFERENCES public.invoice(id) ON DELETE CASCADE;

-- foreign key public.ligne_facture FK_ligne_facture_factureId
ALTER TABLE ONLY public.ligne_facture
    ADD CONSTRAINT "FK_ligne_facture_factureId" FOREIGN KEY ("factureId") REFERENCES public.facture(id) ON DELETE CASCADE;
