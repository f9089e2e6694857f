-- type public.gocardless_mandate_statut_enum
CREATE TYPE public.gocardless_mandate_statut_enum AS ENUM (
    'pending_submission',
    'submitted',
    'active',
    'cancelled'
);

-- type public.payment_intent_statut_enum
CREATE TYPE public.payment_intent_statut_enum AS ENUM (
    'requires_action',
    'processing',
    'succeeded',
    'failed'
);

-- type public.payment_provider_enum
CREATE TYPE public.payment_provider_enum AS ENUM (
    'stripe',
    'paypal',
    'gocardless'
);

-- type public.schedule_frequence_enum
CREATE TYPE public.schedule_frequence_enum AS ENUM (
    'mensuelle',
    'trimestrielle',
    'annuelle'
);
