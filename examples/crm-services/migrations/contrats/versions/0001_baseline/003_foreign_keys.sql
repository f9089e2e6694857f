-- foreign key public.contrat FK_contrat_statutId
ALTER TABLE ONLY public.contrat
    ADD CONSTRAINT "FK_contrat_statutId" FOREIGN KEY ("statutId") REFERENCES public.statut_contrat(id);

-- foreign key public.historique_statut_contrat FK_historique_statut_contrat_ancienStatutId
ALTER TABLE ONLY public.historique_statut_contrat
    ADD CONSTRAINT "FK_historique_statut_contrat_ancienStatutId" FOREIGN KEY ("ancienStatutId") REFERENCES public.statut_contrat(id);

-- foreign key public.historique_statut_contrat FK_historique_statut_contrat_contratId
ALTER TABLE ONLY public.historique_statut_contrat
    ADD CONSTRAINT "FK_historique_statut_contrat_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id) ON DELETE CASCADE;

-- foreign key public.historique_statut_contrat FK_historique_statut_contrat_nouveauStatutId
ALTER TABLE ONLY public.historique_statut_contrat
    ADD CONSTRAINT "FK_historique_statut_contrat_nouveauStatutId" FOREIGN KEY ("nouveauStatutId") REFERENCES public.statut_contrat(id);

-- foreign key public.ligne_contrat FK_ligne_contrat_contratId
ALTER TABLE ONLY public.ligne_contrat
    ADD CONSTRAINT "FK_ligne_contrat_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id) ON DELETE CASCADE;

-- foreign key public.orchestration_history FK_orchestration_history_contratId
ALTER TABLE ONLY public.orchestration_history
    ADD CONSTRAINT "FK_orchestration_history_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id) ON DELETE CASCADE;
