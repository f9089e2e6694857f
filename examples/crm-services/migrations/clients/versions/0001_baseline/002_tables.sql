-- table public.adresse
CREATE TABLE public.adresse (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "clientBaseId" uuid NOT NULL,
    ligne1 character varying(255) NOT NULL,
    ligne2 character varying(255),
    "codePostal" character varying(10) NOT NULL,
    ville character varying(100) NOT NULL,
    pays character varying(2) NOT NULL,
    principale boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.client_base
CREATE TABLE public.client_base (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "statutId" uuid NOT NULL,
    "conditionPaiementId" uuid,
    type public.client_base_type_enum NOT NULL,
    email character varying(255),
    telephone character varying(30),
    notes text,
    "deletedAt" timestamp without time zone,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.client_entreprise
CREATE TABLE public.client_entreprise (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "clientBaseId" uuid NOT NULL,
    "raisonSociale" character varying(200) NOT NULL,
    siret character varying(14),
    "numeroTva" character varying(20),
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.client_partenaire
CREATE TABLE public.client_partenaire (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "clientBaseId" uuid NOT NULL,
    "partenaireMarqueBlancheId" uuid NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.clients_statut_client
CREATE TABLE public.clients_statut_client (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
