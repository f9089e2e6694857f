-- table public.contrat
CREATE TABLE public.contrat (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "clientBaseId" uuid NOT NULL,
    "apporteurId" uuid,
    "statutId" uuid NOT NULL,
    reference character varying(50) NOT NULL,
    "dateDebut" date NOT NULL,
    "dateFin" date,
    "montantHt" numeric(14,2) NOT NULL,
    donnees jsonb DEFAULT '{}'::jsonb NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.historique_statut_contrat
CREATE TABLE public.historique_statut_contrat (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "contratId" uuid NOT NULL,
    "ancienStatutId" uuid,
    "nouveauStatutId" uuid NOT NULL,
    "utilisateurId" uuid,
    commentaire text,
    "changeLe" timestamp without time zone NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.ligne_contrat
CREATE TABLE public.ligne_contrat (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "contratId" uuid NOT NULL,
    "produitId" uuid NOT NULL,
    "periodeFacturationId" uuid NOT NULL,
    "facturationParId" uuid,
    quantite numeric(12,3) NOT NULL,
    "prixUnitaire" numeric(12,4) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.orchestration_history
CREATE TABLE public.orchestration_history (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "contratId" uuid NOT NULL,
    etape character varying(80) NOT NULL,
    statut character varying(30) NOT NULL,
    erreur text,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.statut_contrat
CREATE TABLE public.statut_contrat (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    ordre integer NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
