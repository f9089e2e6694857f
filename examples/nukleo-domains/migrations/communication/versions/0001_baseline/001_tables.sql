-- table public.campaigns
CREATE TABLE public.campaigns (
    id text NOT NULL,
    "clientId" text NOT NULL,
    "newsletterId" text,
    name text NOT NULL,
    budget numeric(12,2),
    metrics jsonb,
    "startDate" date NOT NULL,
    "endDate" date,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.communication_clients
CREATE TABLE public.communication_clients (
    id text NOT NULL,
    "companyId" text NOT NULL,
    language text NOT NULL,
    tone text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.communication_strategies
CREATE TABLE public.communication_strategies (
    id text NOT NULL,
    "clientId" text NOT NULL,
    title text NOT NULL,
    content text,
    "validFrom" date NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.content_calendars
CREATE TABLE public.content_calendars (
    id text NOT NULL,
    "strategyId" text NOT NULL,
    "startsOn" date NOT NULL,
    entries jsonb,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.newsletters
CREATE TABLE public.newsletters (
    id text NOT NULL,
    "clientId" text NOT NULL,
    subject text NOT NULL,
    html text,
    "sentAt" timestamp(3) without time zone,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
