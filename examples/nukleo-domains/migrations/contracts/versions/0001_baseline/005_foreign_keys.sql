-- foreign key public.contract_amendments contract_amendments_contractId_fkey
ALTER TABLE ONLY public.contract_amendments
    ADD CONSTRAINT "contract_amendments_contractId_fkey" FOREIGN KEY ("contractId") REFERENCES public.contracts(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.contract_renewals contract_renewals_contractId_fkey
ALTER TABLE ONLY public.contract_renewals
    ADD CONSTRAINT "contract_renewals_contractId_fkey" FOREIGN KEY ("contractId") REFERENCES public.contracts(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.contract_signatures contract_signatures_contactId_fkey
ALTER TABLE ONLY public.contract_signatures
    ADD CONSTRAINT "contract_signatures_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES public.contacts(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.contract_signatures contract_signatures_contractId_fkey
ALTER TABLE ONLY public.contract_signatures
    ADD CONSTRAINT "contract_signatures_contractId_fkey" FOREIGN KEY ("contractId") REFERENCES public.contracts(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.contracts contracts_companyId_fkey
ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT "contracts_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.contracts contracts_projectId_fkey
ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT "contracts_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES public.projects(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.contracts contracts_templateId_fkey
ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT "contracts_templateId_fkey" FOREIGN KEY ("templateId") REFERENCES public.contract_templates(id) ON UPDATE CASCADE ON DELETE SET NULL;
