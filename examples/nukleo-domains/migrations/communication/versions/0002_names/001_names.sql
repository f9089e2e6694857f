ALTER TABLE public.campaigns SET SCHEMA communication;
ALTER TABLE public.communication_clients SET SCHEMA communication;
ALTER TABLE public.communication_strategies SET SCHEMA communication;
ALTER TABLE public.content_calendars SET SCHEMA communication;
ALTER TABLE public.newsletters SET SCHEMA communication;
