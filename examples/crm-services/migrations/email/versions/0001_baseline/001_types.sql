-- type public.mailbox_provider_enum
CREATE TYPE public.mailbox_provider_enum AS ENUM (
    'gmail',
    'outlook',
    'imap'
);
