-- table public.carrier_account
CREATE TABLE public.carrier_account (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "transporteurCompteId" uuid,
    libelle character varying(100) NOT NULL,
    identifiant character varying(80) NOT NULL,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.colis
CREATE TABLE public.colis (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "expeditionId" uuid NOT NULL,
    "numeroSuivi" character varying(50) NOT NULL,
    "poidsKg" numeric(8,3) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.expedition
CREATE TABLE public.expedition (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "carrierAccountId" uuid NOT NULL,
    "clientBaseId" uuid NOT NULL,
    "contratId" uuid,
    reference character varying(50) NOT NULL,
    statut public.expedition_statut_enum NOT NULL,
    "expedieeLe" timestamp without time zone,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.tracking_event
CREATE TABLE public.tracking_event (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "colisId" uuid NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(150),
    ville character varying(100),
    "survenuLe" timestamp without time zone NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
