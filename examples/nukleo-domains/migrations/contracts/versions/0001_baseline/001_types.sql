-- type public.ContractStatus
CREATE TYPE public."ContractStatus" AS ENUM (
    'DRAFT',
    'SIGNED',
    'EXPIRED',
    'TERMINATED'
);
