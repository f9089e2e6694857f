-- table public.historique_relance
CREATE TABLE public.historique_relance (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "regleRelanceId" uuid NOT NULL,
    "factureId" uuid NOT NULL,
    "clientBaseId" uuid NOT NULL,
    canal public.canal_relance_enum NOT NULL,
    "envoyeLe" timestamp without time zone NOT NULL,
    resultat character varying(50),
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.regle_relance
CREATE TABLE public.regle_relance (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    nom character varying(150) NOT NULL,
    "joursApresEcheance" integer NOT NULL,
    canal public.canal_relance_enum NOT NULL,
    modele text,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
