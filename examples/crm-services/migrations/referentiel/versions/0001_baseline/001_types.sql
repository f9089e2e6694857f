-- type public.transporteur_compte_type_enum
CREATE TYPE public.transporteur_compte_type_enum AS ENUM (
    'maileva',
    'colissimo',
    'chronopost',
    'dhl'
);
