-- index public.employees_userId_key
CREATE UNIQUE INDEX "employees_userId_key" ON public.employees USING btree ("userId");

-- index public.vacation_balances_employeeId_year_key
CREATE UNIQUE INDEX "vacation_balances_employeeId_year_key" ON public.vacation_balances USING btree ("employeeId", year);

-- index attach public.time_entries_2022_pkey
ALTER INDEX public.time_entries_pkey ATTACH PARTITION public.time_entries_2022_pkey;

-- index attach public.time_entries_2023_pkey
ALTER INDEX public.time_entries_pkey ATTACH PARTITION public.time_entries_2023_pkey;

-- index attach public.time_entries_2024_pkey
ALTER INDEX public.time_entries_pkey ATTACH PARTITION public.time_entries_2024_pkey;
