-- table public.boite_mail
CREATE TABLE public.boite_mail (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "utilisateurId" uuid,
    email character varying(255) NOT NULL,
    libelle character varying(100),
    actif boolean DEFAULT false NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.piece_jointe
CREATE TABLE public.piece_jointe (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "boiteMailId" uuid,
    "factureId" uuid,
    "contratId" uuid,
    titre character varying(255) NOT NULL,
    "mimeType" character varying(100) NOT NULL,
    taille integer NOT NULL,
    contenu bytea,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
