-- materialized view public.dashboard_stats
CREATE MATERIALIZED VIEW public.dashboard_stats AS
 SELECT count(*) AS total_projects,
    sum(budget) AS total_budget,
    min("startDate") AS since
   FROM public.projects
  WHERE (status = 'active'::public."ProjectStatus")
  WITH NO DATA;
