-- constraint public.gocardless_account gocardless_account_pkey
ALTER TABLE ONLY public.gocardless_account
    ADD CONSTRAINT gocardless_account_pkey PRIMARY KEY (id);

-- constraint public.gocardless_mandate gocardless_mandate_pkey
ALTER TABLE ONLY public.gocardless_mandate
    ADD CONSTRAINT gocardless_mandate_pkey PRIMARY KEY (id);

-- constraint public.payment_event payment_event_pkey
ALTER TABLE ONLY public.payment_event
    ADD CONSTRAINT payment_event_pkey PRIMARY KEY (id);

-- constraint public.payment_intent payment_intent_pkey
ALTER TABLE ONLY public.payment_intent
    ADD CONSTRAINT payment_intent_pkey PRIMARY KEY (id);

-- constraint public.paypal_account paypal_account_pkey
ALTER TABLE ONLY public.paypal_account
    ADD CONSTRAINT paypal_account_pkey PRIMARY KEY (id);

-- constraint public.schedule schedule_pkey
ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (id);

-- constraint public.stripe_account stripe_account_pkey
ALTER TABLE ONLY public.stripe_account
    ADD CONSTRAINT stripe_account_pkey PRIMARY KEY (id);
