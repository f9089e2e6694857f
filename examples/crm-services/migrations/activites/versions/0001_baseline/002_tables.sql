-- table public.activite
CREATE TABLE public.activite (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "clientId" uuid,
    "assigneeId" uuid,
    "typeActiviteId" uuid NOT NULL,
    sujet character varying(200) NOT NULL,
    description text,
    "dateActivite" timestamp without time zone NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.evenement_suivi
CREATE TABLE public.evenement_suivi (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "activiteId" uuid NOT NULL,
    type character varying(50) NOT NULL,
    payload jsonb,
    "survenuLe" timestamp without time zone NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.tache
CREATE TABLE public.tache (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "activiteId" uuid NOT NULL,
    "assigneeId" uuid,
    titre character varying(200) NOT NULL,
    priorite public.tache_priorite_enum NOT NULL,
    echeance date,
    faite boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.type_activite
CREATE TABLE public.type_activite (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    couleur character varying(7),
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
