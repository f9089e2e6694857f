-- foreign key public.campaigns campaigns_clientId_fkey
ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT "campaigns_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES public.communication_clients(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.campaigns campaigns_newsletterId_fkey
ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT "campaigns_newsletterId_fkey" FOREIGN KEY ("newsletterId") REFERENCES public.newsletters(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.communication_clients communication_clients_companyId_fkey
ALTER TABLE ONLY public.communication_clients
    ADD CONSTRAINT "communication_clients_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.communication_strategies communication_strategies_clientId_fkey
ALTER TABLE ONLY public.communication_strategies
    ADD CONSTRAINT "communication_strategies_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES public.communication_clients(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.content_calendars content_calendars_strategyId_fkey
ALTER TABLE ONLY public.content_calendars
    ADD CONSTRAINT "content_calendars_strategyId_fkey" FOREIGN KEY ("strategyId") REFERENCES public.communication_strategies(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.newsletters newsletters_clientId_fkey
ALTER TABLE ONLY public.newsletters
    ADD CONSTRAINT "newsletters_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES public.communication_clients(id) ON UPDATE CASCADE ON DELETE CASCADE;
