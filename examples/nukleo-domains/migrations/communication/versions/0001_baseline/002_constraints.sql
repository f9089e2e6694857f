-- constraint public.campaigns campaigns_pkey
ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (id);

-- constraint public.communication_clients communication_clients_pkey
ALTER TABLE ONLY public.communication_clients
    ADD CONSTRAINT communication_clients_pkey PRIMARY KEY (id);

-- constraint public.communication_strategies communication_strategies_pkey
ALTER TABLE ONLY public.communication_strategies
    ADD CONSTRAINT communication_strategies_pkey PRIMARY KEY (id);

-- constraint public.content_calendars content_calendars_pkey
ALTER TABLE ONLY public.content_calendars
    ADD CONSTRAINT content_calendars_pkey PRIMARY KEY (id);

-- constraint public.newsletters newsletters_pkey
ALTER TABLE ONLY public.newsletters
    ADD CONSTRAINT newsletters_pkey PRIMARY KEY (id);
