-- table public.membre_partenaire
CREATE TABLE public.membre_partenaire (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "partenaireMarqueBlancheId" uuid NOT NULL,
    "utilisateurId" uuid NOT NULL,
    "rolePartenaireId" uuid NOT NULL,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.organisation
CREATE TABLE public.organisation (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    nom character varying(200) NOT NULL,
    siret character varying(14),
    pays character varying(2) NOT NULL,
    parametres jsonb DEFAULT '{}'::jsonb NOT NULL,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.organisations_invitation_compte
CREATE TABLE public.organisations_invitation_compte (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "rolePartenaireId" uuid,
    email character varying(255) NOT NULL,
    token character varying(64) NOT NULL,
    "expiresAt" timestamp without time zone NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.partenaire_marque_blanche
CREATE TABLE public.partenaire_marque_blanche (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "statutPartenaireId" uuid NOT NULL,
    "themeMarqueId" uuid,
    nom character varying(150) NOT NULL,
    "siteUrl" character varying(255),
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.role_partenaire
CREATE TABLE public.role_partenaire (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    droits text[] DEFAULT '{}'::text[] NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.societe
CREATE TABLE public.societe (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "raisonSociale" character varying(200) NOT NULL,
    siren character varying(9),
    adresse text,
    iban character varying(34),
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.statut_partenaire
CREATE TABLE public.statut_partenaire (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.theme_marque
CREATE TABLE public.theme_marque (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    nom character varying(100) NOT NULL,
    "couleurPrimaire" character varying(7) NOT NULL,
    "couleurSecondaire" character varying(7),
    "logoUrl" character varying(255),
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
