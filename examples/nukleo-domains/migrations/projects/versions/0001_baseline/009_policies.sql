-- policy public.projects project_access
CREATE POLICY project_access ON public.projects USING (("managerId" = public.current_user_id()));

-- row security public.projects
ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
