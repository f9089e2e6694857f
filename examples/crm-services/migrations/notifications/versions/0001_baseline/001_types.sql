-- type public.notification_type_enum
CREATE TYPE public.notification_type_enum AS ENUM (
    'client',
    'contrat',
    'facture',
    'paiement',
    'systeme'
);
