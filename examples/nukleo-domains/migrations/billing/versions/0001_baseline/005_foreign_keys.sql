-- foreign key public.invoice_items invoice_items_invoiceId_fkey
ALTER TABLE ONLY public.invoice_items
    ADD CONSTRAINT "invoice_items_invoiceId_fkey" FOREIGN KEY ("invoiceId") REFERENCES public.invoices(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.invoice_items invoice_items_taskId_fkey
ALTER TABLE ONLY public.invoice_items
    ADD CONSTRAINT "invoice_items_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES public.tasks(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.invoices invoices_clientId_fkey
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT "invoices_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.invoices invoices_projectId_fkey
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT "invoices_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES public.projects(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.payment_reminders payment_reminders_invoiceId_fkey
ALTER TABLE ONLY public.payment_reminders
    ADD CONSTRAINT "payment_reminders_invoiceId_fkey" FOREIGN KEY ("invoiceId") REFERENCES public.invoices(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.payments payments_invoiceId_fkey
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT "payments_invoiceId_fkey" FOREIGN KEY ("invoiceId") REFERENCES public.invoices(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.quotes quotes_companyId_fkey
ALTER TABLE ONLY public.quotes
    ADD CONSTRAINT "quotes_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.quotes quotes_opportunityId_fkey
ALTER TABLE ONLY public.quotes
    ADD CONSTRAINT "quotes_opportunityId_fkey" FOREIGN KEY ("opportunityId") REFERENCES public.opportunities(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.submissions submissions_documentId_fkey
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT "submissions_documentId_fkey" FOREIGN KEY ("documentId") REFERENCES public.documents(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.submissions submissions_opportunityId_fkey
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT "submissions_opportunityId_fkey" FOREIGN KEY ("opportunityId") REFERENCES public.opportunities(id) ON UPDATE CASCADE ON DELETE RESTRICT;
