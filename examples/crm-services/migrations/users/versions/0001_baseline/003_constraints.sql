-- constraint public.compte compte_pkey
ALTER TABLE ONLY public.compte
    ADD CONSTRAINT compte_pkey PRIMARY KEY (id);

-- constraint public.membre_compte membre_compte_pkey
ALTER TABLE ONLY public.membre_compte
    ADD CONSTRAINT membre_compte_pkey PRIMARY KEY (id);

-- constraint public.permission permission_pkey
ALTER TABLE ONLY public.permission
    ADD CONSTRAINT permission_pkey PRIMARY KEY (id);

-- constraint public.role_permission role_permission_pkey
ALTER TABLE ONLY public.role_permission
    ADD CONSTRAINT role_permission_pkey PRIMARY KEY (id);

-- constraint public.role role_pkey
ALTER TABLE ONLY public.role
    ADD CONSTRAINT role_pkey PRIMARY KEY (id);

-- constraint public.users_invitation_compte users_invitation_compte_pkey
ALTER TABLE ONLY public.users_invitation_compte
    ADD CONSTRAINT users_invitation_compte_pkey PRIMARY KEY (id);

-- constraint public.utilisateur utilisateur_pkey
ALTER TABLE ONLY public.utilisateur
    ADD CONSTRAINT utilisateur_pkey PRIMARY KEY (id);
