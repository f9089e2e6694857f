-- index public.IDX_facture_clientBaseId
CREATE INDEX "IDX_facture_clientBaseId" ON public.facture USING btree ("clientBaseId");

-- index public.IDX_facture_contratId
CREATE INDEX "IDX_facture_contratId" ON public.facture USING btree ("contratId");

-- index public.IDX_facture_organisationId_dateEmission
CREATE INDEX "IDX_facture_organisationId_dateEmission" ON public.facture USING btree ("organisationId", "dateEmission");

-- index public.IDX_facture_organisationId_numero
CREATE INDEX "IDX_facture_organisationId_numero" ON public.facture USING btree ("organisationId", numero);

-- index public.IDX_invoice_invoiceNumber
CREATE INDEX "IDX_invoice_invoiceNumber" ON public.invoice USING btree ("invoiceNumber");

-- index public.IDX_invoice_issueDate
CREATE INDEX "IDX_invoice_issueDate" ON public.invoice USING btree ("issueDate");

-- index public.IDX_invoice_status
CREATE INDEX "IDX_invoice_status" ON public.invoice USING btree (status);

-- index public.IDX_ligne_facture_factureId
CREATE INDEX "IDX_ligne_facture_factureId" ON public.ligne_facture USING btree ("factureId");

-- index public.UQ_emission_facture_code
CREATE UNIQUE INDEX "UQ_emission_facture_code" ON public.factures_emission_facture USING btree (code);

-- index public.UQ_facture_settings_societeId
CREATE UNIQUE INDEX "UQ_facture_settings_societeId" ON public.facture_settings USING btree ("societeId");

-- index public.UQ_statut_facture_code
CREATE UNIQUE INDEX "UQ_statut_facture_code" ON public.statut_facture USING btree (code);
