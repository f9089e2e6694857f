-- table public.apporteur
CREATE TABLE public.apporteur (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "utilisateurId" uuid,
    "modeleDistributionId" uuid,
    "parentId" uuid,
    prenom character varying(100),
    nom character varying(100) NOT NULL,
    email character varying(255),
    telephone character varying(30),
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.commerciaux_bareme_commission
CREATE TABLE public.commerciaux_bareme_commission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "modeleDistributionId" uuid,
    nom character varying(150) NOT NULL,
    "typeCalcul" public.bareme_type_calcul_enum NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.commerciaux_palier_commission
CREATE TABLE public.commerciaux_palier_commission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "baremeId" uuid NOT NULL,
    seuil numeric(12,2) NOT NULL,
    taux numeric(5,2) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.modele_distribution
CREATE TABLE public.modele_distribution (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    code character varying(50) NOT NULL,
    nom character varying(150) NOT NULL,
    taux numeric(5,2),
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
