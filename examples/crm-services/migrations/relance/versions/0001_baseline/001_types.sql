-- type public.canal_relance_enum
CREATE TYPE public.canal_relance_enum AS ENUM (
    'email',
    'sms',
    'courrier',
    'telephone'
);
