ALTER TABLE public.activity_logs SET SCHEMA notifications;
ALTER TABLE public.notification_preferences SET SCHEMA notifications;
ALTER TABLE public.notifications SET SCHEMA notifications;
