-- table public.condition_paiement
CREATE TABLE public.condition_paiement (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    "delaiJours" integer NOT NULL,
    "finDeMois" boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.facturation_par
CREATE TABLE public.facturation_par (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.periode_facturation
CREATE TABLE public.periode_facturation (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    mois integer NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.referentiel_emission_facture
CREATE TABLE public.referentiel_emission_facture (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    description text,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.referentiel_statut_client
CREATE TABLE public.referentiel_statut_client (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    ordre integer NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.transporteur_compte
CREATE TABLE public.transporteur_compte (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    type public.transporteur_compte_type_enum NOT NULL,
    "numeroCompte" character varying(50) NOT NULL,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
