-- foreign key public.companies companies_categoryId_fkey
ALTER TABLE ONLY public.companies
    ADD CONSTRAINT "companies_categoryId_fkey" FOREIGN KEY ("categoryId") REFERENCES public.client_categories(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.companies companies_ownerId_fkey
ALTER TABLE ONLY public.companies
    ADD CONSTRAINT "companies_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.contacts contacts_companyId_fkey
ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT "contacts_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.opportunities opportunities_companyId_fkey
ALTER TABLE ONLY public.opportunities
    ADD CONSTRAINT "opportunities_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.opportunities opportunities_contactId_fkey
ALTER TABLE ONLY public.opportunities
    ADD CONSTRAINT "opportunities_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES public.contacts(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.opportunities opportunities_ownerId_fkey
ALTER TABLE ONLY public.opportunities
    ADD CONSTRAINT "opportunities_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.testimonials testimonials_companyId_fkey
ALTER TABLE ONLY public.testimonials
    ADD CONSTRAINT "testimonials_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.testimonials testimonials_contactId_fkey
ALTER TABLE ONLY public.testimonials
    ADD CONSTRAINT "testimonials_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES public.contacts(id) ON UPDATE CASCADE ON DELETE SET NULL;
