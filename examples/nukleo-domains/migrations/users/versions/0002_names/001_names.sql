ALTER TABLE public.menu_permissions SET SCHEMA users;
ALTER TABLE public.sessions SET SCHEMA users;
ALTER TABLE public.user_access SET SCHEMA users;
ALTER TABLE public.users SET SCHEMA users;
