ALTER TABLE public.employees SET SCHEMA team;
ALTER TABLE public.time_entries SET SCHEMA team;
ALTER TABLE public.time_entries_2022 SET SCHEMA team;
ALTER TABLE public.time_entries_2023 SET SCHEMA team;
ALTER TABLE public.time_entries_2024 SET SCHEMA team;
ALTER TABLE public.vacation_balances SET SCHEMA team;
ALTER TABLE public.vacation_requests SET SCHEMA team;
ALTER TABLE public.weekly_timesheets SET SCHEMA team;
