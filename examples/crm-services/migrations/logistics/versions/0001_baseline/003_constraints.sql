-- constraint public.carrier_account carrier_account_pkey
ALTER TABLE ONLY public.carrier_account
    ADD CONSTRAINT carrier_account_pkey PRIMARY KEY (id);

-- constraint public.colis colis_pkey
ALTER TABLE ONLY public.colis
    ADD CONSTRAINT colis_pkey PRIMARY KEY (id);

-- constraint public.expedition expedition_pkey
ALTER TABLE ONLY public.expedition
    ADD CONSTRAINT expedition_pkey PRIMARY KEY (id);

-- constraint public.tracking_event tracking_event_pkey
ALTER TABLE ONLY public.tracking_event
    ADD CONSTRAINT tracking_event_pkey PRIMARY KEY (id);
