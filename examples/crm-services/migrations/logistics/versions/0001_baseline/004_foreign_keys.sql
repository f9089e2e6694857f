-- foreign key public.colis FK_colis_expeditionId
ALTER TABLE ONLY public.colis
    ADD CONSTRAINT "FK_colis_expeditionId" FOREIGN KEY ("expeditionId") REFERENCES public.expedition(id) ON DELETE CASCADE;

-- foreign key public.expedition FK_expedition_carrierAccountId
ALTER TABLE ONLY public.expedition
    ADD CONSTRAINT "FK_expedition_carrierAccountId" FOREIGN KEY ("carrierAccountId") REFERENCES public.carrier_account(id);

-- foreign key public.tracking_event FK_tracking_event_colisId
ALTER TABLE ONLY public.tracking_event
    ADD CONSTRAINT "FK_tracking_event_colisId" FOREIGN KEY ("colisId") REFERENCES public.colis(id) ON DELETE CASCADE;
