ALTER TABLE public.api_keys SET SCHEMA system;
ALTER TABLE public.policies SET SCHEMA system;
ALTER TABLE public.policy_acknowledgments SET SCHEMA system;
ALTER TABLE public.system_settings SET SCHEMA system;
