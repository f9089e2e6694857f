-- index public.idx_projects_status
CREATE INDEX idx_projects_status ON public.projects USING btree (status);

-- index public.idx_tasks_assigned_to
CREATE INDEX idx_tasks_assigned_to ON public.tasks USING btree ("assignedTo");
