-- constraint public.approval_history approval_history_pkey
ALTER TABLE ONLY public.approval_history
    ADD CONSTRAINT approval_history_pkey PRIMARY KEY (id);

-- constraint public.approval_signatures approval_signatures_pkey
ALTER TABLE ONLY public.approval_signatures
    ADD CONSTRAINT approval_signatures_pkey PRIMARY KEY (id);

-- constraint public.approval_steps approval_steps_pkey
ALTER TABLE ONLY public.approval_steps
    ADD CONSTRAINT approval_steps_pkey PRIMARY KEY (id);

-- constraint public.approval_workflows approval_workflows_pkey
ALTER TABLE ONLY public.approval_workflows
    ADD CONSTRAINT approval_workflows_pkey PRIMARY KEY (id);
