-- type public.invoice_status_enum
CREATE TYPE public.invoice_status_enum AS ENUM (
    'DRAFT',
    'ISSUED',
    'PAID',
    'VOID'
);
