-- table public.gamme
CREATE TABLE public.gamme (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "parentId" uuid,
    nom character varying(150) NOT NULL,
    code character varying(50) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.grille_tarifaire
CREATE TABLE public.grille_tarifaire (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    nom character varying(150) NOT NULL,
    "dateDebut" date NOT NULL,
    "dateFin" date,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.prix_produit
CREATE TABLE public.prix_produit (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "grilleTarifaireId" uuid NOT NULL,
    "produitId" uuid NOT NULL,
    "prixHt" numeric(12,4) NOT NULL,
    devise character varying(3) NOT NULL,
    "tauxTva" numeric(5,2) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.produit
CREATE TABLE public.produit (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "gammeId" uuid,
    sku character varying(64) NOT NULL,
    nom character varying(200) NOT NULL,
    description text,
    attributs jsonb DEFAULT '{}'::jsonb NOT NULL,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
