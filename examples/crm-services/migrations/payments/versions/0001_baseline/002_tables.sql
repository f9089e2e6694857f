-- table public.gocardless_account
CREATE TABLE public.gocardless_account (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "creancierId" character varying(64) NOT NULL,
    "accessTokenHash" character varying(128) NOT NULL,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.gocardless_mandate
CREATE TABLE public.gocardless_mandate (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "gocardlessAccountId" uuid NOT NULL,
    "clientBaseId" uuid NOT NULL,
    "mandateRef" character varying(64) NOT NULL,
    iban character varying(34) NOT NULL,
    bic character varying(11),
    statut public.gocardless_mandate_statut_enum NOT NULL,
    "signeLe" timestamp without time zone,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.payment_event
CREATE TABLE public.payment_event (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "paymentIntentId" uuid NOT NULL,
    type character varying(80) NOT NULL,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    "recuLe" timestamp without time zone NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.payment_intent
CREATE TABLE public.payment_intent (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "scheduleId" uuid,
    "factureId" uuid,
    provider public.payment_provider_enum NOT NULL,
    "fournisseurRef" character varying(80),
    montant numeric(12,2) NOT NULL,
    devise character varying(3) NOT NULL,
    statut public.payment_intent_statut_enum NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.paypal_account
CREATE TABLE public.paypal_account (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "merchantId" character varying(64) NOT NULL,
    "secretHash" character varying(128) NOT NULL,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.schedule
CREATE TABLE public.schedule (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "contratId" uuid NOT NULL,
    "clientBaseId" uuid NOT NULL,
    montant numeric(12,2) NOT NULL,
    frequence public.schedule_frequence_enum NOT NULL,
    "prochaineEcheance" date,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.stripe_account
CREATE TABLE public.stripe_account (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "accountId" character varying(64) NOT NULL,
    "secretHash" character varying(128) NOT NULL,
    livemode boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
