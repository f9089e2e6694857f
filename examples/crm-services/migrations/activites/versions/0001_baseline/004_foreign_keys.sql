-- foreign key public.activite FK_activite_typeActiviteId
ALTER TABLE ONLY public.activite
    ADD CONSTRAINT "FK_activite_typeActiviteId" FOREIGN KEY ("typeActiviteId") REFERENCES public.type_activite(id);

-- foreign key public.evenement_suivi FK_evenement_suivi_activiteId
ALTER TABLE ONLY public.evenement_suivi
    ADD CONSTRAINT "FK_evenement_suivi_activiteId" FOREIGN KEY ("activiteId") REFERENCES public.activite(id) ON DELETE CASCADE;

-- foreign key public.tache FK_tache_activiteId
ALTER TABLE ONLY public.tache
    ADD CONSTRAINT "FK_tache_activiteId" FOREIGN KEY ("activiteId") REFERENCES public.activite(id) ON DELETE CASCADE;
