ALTER TABLE public.documents SET SCHEMA projects;
ALTER TABLE public.milestones SET SCHEMA projects;
ALTER TABLE public.project_phases SET SCHEMA projects;
ALTER TABLE public.projects SET SCHEMA projects;
ALTER TABLE public.task_documents SET SCHEMA projects;
ALTER TABLE public.tasks SET SCHEMA projects;
ALTER MATERIALIZED VIEW public.dashboard_stats SET SCHEMA projects;
