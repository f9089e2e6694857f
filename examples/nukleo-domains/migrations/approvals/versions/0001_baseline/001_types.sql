-- type public.EntityType
CREATE TYPE public."EntityType" AS ENUM (
    'document',
    'invoice',
    'contract',
    'vacation'
);
