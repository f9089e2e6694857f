-- table public.bordereau_commission
CREATE TABLE public.bordereau_commission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "apporteurId" uuid NOT NULL,
    numero character varying(50) NOT NULL,
    periode character varying(7) NOT NULL,
    total numeric(14,2) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.commission
CREATE TABLE public.commission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "apporteurId" uuid NOT NULL,
    "contratId" uuid NOT NULL,
    "baremeId" uuid,
    "statutId" uuid NOT NULL,
    montant numeric(12,2) NOT NULL,
    periode character varying(7) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.commission_bareme_commission
CREATE TABLE public.commission_bareme_commission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    nom character varying(150) NOT NULL,
    "typeCalcul" public.bareme_type_calcul_enum NOT NULL,
    "dateEffet" date NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.commission_palier_commission
CREATE TABLE public.commission_palier_commission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "baremeId" uuid NOT NULL,
    "seuilMin" numeric(12,2) NOT NULL,
    "seuilMax" numeric(12,2),
    taux numeric(5,2) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.ligne_bordereau
CREATE TABLE public.ligne_bordereau (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "bordereauId" uuid NOT NULL,
    "commissionId" uuid NOT NULL,
    montant numeric(12,2) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.reprise_commission
CREATE TABLE public.reprise_commission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "commissionOrigineId" uuid NOT NULL,
    "contratId" uuid NOT NULL,
    montant numeric(12,2) NOT NULL,
    motif text,
    "dateReprise" date NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.statut_commission
CREATE TABLE public.statut_commission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
