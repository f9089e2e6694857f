-- type public.client_base_type_enum
CREATE TYPE public.client_base_type_enum AS ENUM (
    'particulier',
    'entreprise',
    'partenaire'
);
