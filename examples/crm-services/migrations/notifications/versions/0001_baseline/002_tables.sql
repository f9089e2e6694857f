-- table public.notification
CREATE TABLE public.notification (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "utilisateurId" uuid,
    type public.notification_type_enum NOT NULL,
    titre character varying(200) NOT NULL,
    message text,
    metadata jsonb,
    "luLe" timestamp without time zone,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
