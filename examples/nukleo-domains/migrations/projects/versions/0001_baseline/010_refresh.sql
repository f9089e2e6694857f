REFRESH MATERIALIZED VIEW public.dashboard_stats;
