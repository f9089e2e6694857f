-- constraint public.employees employees_pkey
ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_pkey PRIMARY KEY (id);

-- constraint public.time_entries time_entries_pkey
ALTER TABLE ONLY public.time_entries
    ADD CONSTRAINT time_entries_pkey PRIMARY KEY (id, date);

-- constraint public.time_entries_2022 time_entries_2022_pkey
ALTER TABLE ONLY public.time_entries_2022
    ADD CONSTRAINT time_entries_2022_pkey PRIMARY KEY (id, date);

-- constraint public.time_entries_2023 time_entries_2023_pkey
ALTER TABLE ONLY public.time_entries_2023
    ADD CONSTRAINT time_entries_2023_pkey PRIMARY KEY (id, date);

-- constraint public.time_entries_2024 time_entries_2024_pkey
ALTER TABLE ONLY public.time_entries_2024
    ADD CONSTRAINT time_entries_2024_pkey PRIMARY KEY (id, date);

-- constraint public.vacation_balances vacation_balances_pkey
ALTER TABLE ONLY public.vacation_balances
    ADD CONSTRAINT vacation_balances_pkey PRIMARY KEY (id);

-- constraint public.vacation_requests vacation_requests_pkey
ALTER TABLE ONLY public.vacation_requests
    ADD CONSTRAINT vacation_requests_pkey PRIMARY KEY (id);

-- constraint public.weekly_timesheets weekly_timesheets_pkey
ALTER TABLE ONLY public.weekly_timesheets
    ADD CONSTRAINT weekly_timesheets_pkey PRIMARY KEY (id);
