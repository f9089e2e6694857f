-- table public.projects
CREATE TABLE public.projects (
    id text NOT NULL,
    "companyId" text NOT NULL,
    "managerId" text NOT NULL,
    name text NOT NULL,
    status public."ProjectStatus" NOT NULL,
    budget numeric(12,2),
    "startDate" date NOT NULL,
    "endDate" date,
    tags text[] NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
