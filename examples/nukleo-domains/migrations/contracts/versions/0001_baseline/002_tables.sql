-- table public.contract_amendments
CREATE TABLE public.contract_amendments (
    id text NOT NULL,
    "contractId" text NOT NULL,
    "position" integer NOT NULL,
    content text,
    "approvedAt" timestamp(3) without time zone,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.contract_renewals
CREATE TABLE public.contract_renewals (
    id text NOT NULL,
    "contractId" text NOT NULL,
    "newEndDate" date NOT NULL,
    notes text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.contract_signatures
CREATE TABLE public.contract_signatures (
    id text NOT NULL,
    "contractId" text NOT NULL,
    "contactId" text NOT NULL,
    "signedAt" timestamp(3) without time zone NOT NULL,
    ip inet,
    signature bytea,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.contract_templates
CREATE TABLE public.contract_templates (
    id text NOT NULL,
    name text NOT NULL,
    body text,
    version integer NOT NULL,
    active boolean DEFAULT false NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.contracts
CREATE TABLE public.contracts (
    id text NOT NULL,
    "companyId" text NOT NULL,
    "templateId" text,
    "projectId" text,
    number text NOT NULL,
    status public."ContractStatus" NOT NULL,
    value numeric(14,2) NOT NULL,
    "startDate" date NOT NULL,
    "endDate" date,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
