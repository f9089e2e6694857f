ALTER TABLE public.client_categories SET SCHEMA commercial;
ALTER TABLE public.companies SET SCHEMA commercial;
ALTER TABLE public.contacts SET SCHEMA commercial;
ALTER TABLE public.opportunities SET SCHEMA commercial;
ALTER TABLE public.testimonials SET SCHEMA commercial;
