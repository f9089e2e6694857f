-- table public.compte
CREATE TABLE public.compte (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    nom character varying(150) NOT NULL,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.membre_compte
CREATE TABLE public.membre_compte (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "compteId" uuid NOT NULL,
    "utilisateurId" uuid NOT NULL,
    "roleId" uuid NOT NULL,
    etat public.membre_compte_etat_enum NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.permission
CREATE TABLE public.permission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(80) NOT NULL,
    libelle character varying(150) NOT NULL,
    module character varying(50) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.role
CREATE TABLE public.role (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(50) NOT NULL,
    libelle character varying(100) NOT NULL,
    description text,
    systeme boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.role_permission
CREATE TABLE public.role_permission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "roleId" uuid NOT NULL,
    "permissionId" uuid NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.users_invitation_compte
CREATE TABLE public.users_invitation_compte (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "compteId" uuid NOT NULL,
    "roleId" uuid NOT NULL,
    email character varying(255) NOT NULL,
    token character varying(64) NOT NULL,
    "expiresAt" timestamp without time zone NOT NULL,
    "accepteLe" timestamp without time zone,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.utilisateur
CREATE TABLE public.utilisateur (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "compteId" uuid,
    email character varying(255) NOT NULL,
    "motDePasseHash" character varying(255) NOT NULL,
    prenom character varying(100),
    nom character varying(100) NOT NULL,
    telephone character varying(30),
    "dernierAcces" timestamp without time zone,
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
