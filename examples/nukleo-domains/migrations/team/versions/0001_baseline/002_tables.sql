-- table public.employees
CREATE TABLE public.employees (
    id text NOT NULL,
    "userId" text NOT NULL,
    "managerId" text,
    title text NOT NULL,
    "hiredAt" date NOT NULL,
    "hourlyRate" numeric(8,2),
    skills text[] NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.time_entries
CREATE TABLE public.time_entries (
    id text NOT NULL,
    "employeeId" text NOT NULL,
    "taskId" text,
    date date NOT NULL,
    hours numeric(5,2) NOT NULL,
    description text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
)
PARTITION BY RANGE (date);

-- table public.time_entries_2022
CREATE TABLE public.time_entries_2022 (
    id text CONSTRAINT time_entries_id_not_null NOT NULL,
    "employeeId" text CONSTRAINT "time_entries_employeeId_not_null" NOT NULL,
    "taskId" text,
    date date CONSTRAINT time_entries_date_not_null NOT NULL,
    hours numeric(5,2) CONSTRAINT time_entries_hours_not_null NOT NULL,
    description text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP CONSTRAINT "time_entries_createdAt_not_null" NOT NULL
);

-- table public.time_entries_2023
CREATE TABLE public.time_entries_2023 (
    id text CONSTRAINT time_entries_id_not_null NOT NULL,
    "employeeId" text CONSTRAINT "time_entries_employeeId_not_null" NOT NULL,
    "taskId" text,
    date date CONSTRAINT time_entries_date_not_null NOT NULL,
    hours numeric(5,2) CONSTRAINT time_entries_hours_not_null NOT NULL,
    description text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP CONSTRAINT "time_entries_createdAt_not_null" NOT NULL
);

-- table public.time_entries_2024
CREATE TABLE public.time_entries_2024 (
    id text CONSTRAINT time_entries_id_not_null NOT NULL,
    "employeeId" text CONSTRAINT "time_entries_employeeId_not_null" NOT NULL,
    "taskId" text,
    date date CONSTRAINT time_entries_date_not_null NOT NULL,
    hours numeric(5,2) CONSTRAINT time_entries_hours_not_null NOT NULL,
    description text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP CONSTRAINT "time_entries_createdAt_not_null" NOT NULL
);

-- table public.vacation_balances
CREATE TABLE public.vacation_balances (
    id text NOT NULL,
    "employeeId" text NOT NULL,
    year integer NOT NULL,
    entitled numeric(5,1) NOT NULL,
    taken numeric(5,1) NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.vacation_requests
CREATE TABLE public.vacation_requests (
    id text NOT NULL,
    "employeeId" text NOT NULL,
    "startDate" date NOT NULL,
    "endDate" date NOT NULL,
    status public."ApprovalStatus" NOT NULL,
    reason text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.weekly_timesheets
CREATE TABLE public.weekly_timesheets (
    id text NOT NULL,
    "employeeId" text NOT NULL,
    "weekStart" date NOT NULL,
    "totalHours" numeric(5,2) NOT NULL,
    status public."ApprovalStatus" NOT NULL,
    "approvedById" text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table attach public.time_entries_2022
ALTER TABLE ONLY public.time_entries ATTACH PARTITION public.time_entries_2022 FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');

-- table attach public.time_entries_2023
ALTER TABLE ONLY public.time_entries ATTACH PARTITION public.time_entries_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');

-- table attach public.time_entries_2024
ALTER TABLE ONLY public.time_entries ATTACH PARTITION public.time_entries_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
