-- table public.client_categories
CREATE TABLE public.client_categories (
    id text NOT NULL,
    name text NOT NULL,
    color text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.companies
CREATE TABLE public.companies (
    id text NOT NULL,
    name text NOT NULL,
    "categoryId" text,
    "ownerId" text NOT NULL,
    website text,
    city text,
    country text,
    metadata jsonb,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.contacts
CREATE TABLE public.contacts (
    id text NOT NULL,
    "companyId" text NOT NULL,
    "firstName" text,
    "lastName" text NOT NULL,
    email text,
    phone text,
    notes text,
    "deletedAt" timestamp(3) without time zone,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.opportunities
CREATE TABLE public.opportunities (
    id text NOT NULL,
    "companyId" text NOT NULL,
    "contactId" text,
    "ownerId" text NOT NULL,
    title text NOT NULL,
    stage public."OpportunityStage" NOT NULL,
    value numeric(12,2) NOT NULL,
    probability integer NOT NULL,
    "closeDate" date,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.testimonials
CREATE TABLE public.testimonials (
    id text NOT NULL,
    "companyId" text NOT NULL,
    "contactId" text,
    content text NOT NULL,
    rating integer NOT NULL,
    published boolean DEFAULT false NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
