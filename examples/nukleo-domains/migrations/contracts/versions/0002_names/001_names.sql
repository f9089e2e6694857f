ALTER TABLE public.contract_amendments SET SCHEMA contracts;
ALTER TABLE public.contract_renewals SET SCHEMA contracts;
ALTER TABLE public.contract_signatures SET SCHEMA contracts;
ALTER TABLE public.contract_templates SET SCHEMA contracts;
ALTER TABLE public.contracts SET SCHEMA contracts;
