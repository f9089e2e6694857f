-- foreign key public.employees employees_managerId_fkey
ALTER TABLE ONLY public.employees
    ADD CONSTRAINT "employees_managerId_fkey" FOREIGN KEY ("managerId") REFERENCES public.employees(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.employees employees_userId_fkey
ALTER TABLE ONLY public.employees
    ADD CONSTRAINT "employees_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.time_entries time_entries_employeeId_fkey
ALTER TABLE public.time_entries
    ADD CONSTRAINT "time_entries_employeeId_fkey" FOREIGN KEY ("employeeId") REFERENCES public.employees(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.time_entries time_entries_taskId_fkey
ALTER TABLE public.time_entries
    ADD CONSTRAINT "time_entries_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES public.tasks(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.vacation_balances vacation_balances_employeeId_fkey
ALTER TABLE ONLY public.vacation_balances
    ADD CONSTRAINT "vacation_balances_employeeId_fkey" FOREIGN KEY ("employeeId") REFERENCES public.employees(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.vacation_requests vacation_requests_employeeId_fkey
ALTER TABLE ONLY public.vacation_requests
    ADD CONSTRAINT "vacation_requests_employeeId_fkey" FOREIGN KEY ("employeeId") REFERENCES public.employees(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.weekly_timesheets weekly_timesheets_approvedById_fkey
ALTER TABLE ONLY public.weekly_timesheets
    ADD CONSTRAINT "weekly_timesheets_approvedById_fkey" FOREIGN KEY ("approvedById") REFERENCES public.employees(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.weekly_timesheets weekly_timesheets_employeeId_fkey
ALTER TABLE ONLY public.weekly_timesheets
    ADD CONSTRAINT "weekly_timesheets_employeeId_fkey" FOREIGN KEY ("employeeId") REFERENCES public.employees(id) ON UPDATE CASCADE ON DELETE CASCADE;
