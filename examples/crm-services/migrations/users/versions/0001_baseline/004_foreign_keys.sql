-- foreign key public.membre_compte FK_membre_compte_compteId
ALTER TABLE ONLY public.membre_compte
    ADD CONSTRAINT "FK_membre_compte_compteId" FOREIGN KEY ("compteId") REFERENCES public.compte(id) ON DELETE CASCADE;

-- foreign key public.membre_compte FK_membre_compte_roleId
ALTER TABLE ONLY public.membre_compte
    ADD CONSTRAINT "FK_membre_compte_roleId" FOREIGN KEY ("roleId") REFERENCES public.role(id);

-- foreign key public.membre_compte FK_membre_compte_utilisateurId
ALTER TABLE ONLY public.membre_compte
    ADD CONSTRAINT "FK_membre_compte_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES public.utilisateur(id) ON DELETE CASCADE;

-- foreign key public.role_permission FK_role_permission_permissionId
ALTER TABLE ONLY public.role_permission
    ADD CONSTRAINT "FK_role_permission_permissionId" FOREIGN KEY ("permissionId") REFERENCES public.permission(id) ON DELETE CASCADE;

-- foreign key public.role_permission FK_role_permission_roleId
ALTER TABLE ONLY public.role_permission
    ADD CONSTRAINT "FK_role_permission_roleId" FOREIGN KEY ("roleId") REFERENCES public.role(id) ON DELETE CASCADE;

-- foreign key public.users_invitation_compte FK_users_invitation_compte_compteId
ALTER TABLE ONLY public.users_invitation_compte
    ADD CONSTRAINT "FK_users_invitation_compte_compteId" FOREIGN KEY ("compteId") REFERENCES public.compte(id) ON DELETE CASCADE;

-- foreign key public.users_invitation_compte FK_users_invitation_compte_roleId
ALTER TABLE ONLY public.users_invitation_compte
    ADD CONSTRAINT "FK_users_invitation_compte_roleId" FOREIGN KEY ("roleId") REFERENCES public.role(id);

-- foreign key public.utilisateur FK_utilisateur_compteId
ALTER TABLE ONLY public.utilisateur
    ADD CONSTRAINT "FK_utilisateur_compteId" FOREIGN KEY ("compteId") REFERENCES public.compte(id);
