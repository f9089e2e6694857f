-- table public.menu_permissions
CREATE TABLE public.menu_permissions (
    id text NOT NULL,
    "userId" text NOT NULL,
    menu text NOT NULL,
    visible boolean DEFAULT false NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.sessions
CREATE TABLE public.sessions (
    id text NOT NULL,
    "sessionToken" text NOT NULL,
    "userId" text NOT NULL,
    "expiresAt" timestamp(3) without time zone NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.user_access
CREATE TABLE public.user_access (
    id text NOT NULL,
    "userId" text NOT NULL,
    module text NOT NULL,
    "canRead" boolean DEFAULT false NOT NULL,
    "canWrite" boolean DEFAULT false NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.users
CREATE TABLE public.users (
    id text NOT NULL,
    email text NOT NULL,
    name text,
    role public."UserRole" NOT NULL,
    "passwordHash" text,
    "emailVerified" timestamp(3) without time zone,
    image text,
    locale text NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
