-- foreign key public.gocardless_mandate FK_gocardless_mandate_gocardlessAccountId
ALTER TABLE ONLY public.gocardless_mandate
    ADD CONSTRAINT "FK_gocardless_mandate_gocardlessAccountId" FOREIGN KEY ("gocardlessAccountId") REFERENCES public.gocardless_account(id);

-- foreign key public.payment_event FK_payment_event_paymentIntentId
ALTER TABLE ONLY public.payment_event
    ADD CONSTRAINT "FK_payment_event_paymentIntentId" FOREIGN KEY ("paymentIntentId") REFERENCES public.payment_intent(id) ON DELETE CASCADE;

-- foreign key public.payment_intent FK_payment_intent_scheduleId
ALTER TABLE ONLY public.payment_intent
    ADD CONSTRAINT "FK_payment_intent_scheduleId" FOREIGN KEY ("scheduleId") REFERENCES public.schedule(id);
