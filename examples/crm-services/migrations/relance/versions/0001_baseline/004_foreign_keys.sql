-- foreign key public.historique_relance FK_historique_relance_regleRelanceId
ALTER TABLE ONLY public.historique_relance
    ADD CONSTRAINT "FK_historique_relance_regleRelanceId" FOREIGN KEY ("regleRelanceId") REFERENCES public.regle_relance(id);
