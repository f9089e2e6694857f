-- table public.mailbox
CREATE TABLE public.mailbox (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "utilisateurId" uuid NOT NULL,
    provider public.mailbox_provider_enum NOT NULL,
    email character varying(255) NOT NULL,
    "accessTokenHash" character varying(128),
    "refreshTokenHash" character varying(128),
    "derniereSynchro" timestamp without time zone,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
