-- table public.facture
CREATE TABLE public.facture (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "societeId" uuid,
    "clientBaseId" uuid NOT NULL,
    "contratId" uuid,
    "statutFactureId" uuid NOT NULL,
    "emissionFactureId" uuid,
    "conditionPaiementId" uuid,
    "factureOrigineId" uuid,
    numero character varying(50) NOT NULL,
    "dateEmission" date NOT NULL,
    "dateEcheance" date,
    "totalHt" numeric(14,2) NOT NULL,
    "totalTva" numeric(14,2) NOT NULL,
    "totalTtc" numeric(14,2) GENERATED ALWAYS AS (("totalHt" + "totalTva")) STORED,
    notes text,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.facture_settings
CREATE TABLE public.facture_settings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "societeId" uuid NOT NULL,
    "prefixeNumero" character varying(12) NOT NULL,
    "prochainNumero" integer NOT NULL,
    mentions text,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.factures_emission_facture
CREATE TABLE public.factures_emission_facture (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.invoice
CREATE TABLE public.invoice (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "organisationId" uuid NOT NULL,
    "clientBaseId" uuid NOT NULL,
    "invoiceNumber" character varying(50) NOT NULL,
    status public.invoice_status_enum NOT NULL,
    "issueDate" date NOT NULL,
    "dueDate" date,
    total numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.invoice_item
CREATE TABLE public.invoice_item (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "invoiceId" uuid NOT NULL,
    description text,
    quantity numeric(12,3) NOT NULL,
    "unitPrice" numeric(12,4) NOT NULL,
    "position" integer NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.ligne_facture
CREATE TABLE public.ligne_facture (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "factureId" uuid NOT NULL,
    "produitId" uuid,
    designation character varying(255) NOT NULL,
    quantite numeric(12,3) NOT NULL,
    "prixUnitaire" numeric(12,4) NOT NULL,
    "tauxTva" numeric(5,2) NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);

-- table public.statut_facture
CREATE TABLE public.statut_facture (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code character varying(30) NOT NULL,
    libelle character varying(100) NOT NULL,
    ordre integer NOT NULL,
    "createdAt" timestamp without time zone DEFAULT now() NOT NULL,
    "updatedAt" timestamp without time zone DEFAULT now() NOT NULL
);
