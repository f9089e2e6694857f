-- table public.documents
CREATE TABLE public.documents (
    id text NOT NULL,
    "projectId" text,
    "uploadedById" text NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    "mimeType" text NOT NULL,
    size integer NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.milestones
CREATE TABLE public.milestones (
    id text NOT NULL,
    "projectId" text NOT NULL,
    "phaseId" text,
    title text NOT NULL,
    "dueDate" date NOT NULL,
    "completedAt" timestamp(3) without time zone,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.project_phases
CREATE TABLE public.project_phases (
    id text NOT NULL,
    "projectId" text NOT NULL,
    name text NOT NULL,
    "position" integer NOT NULL,
    "startDate" date,
    "endDate" date,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.task_documents
CREATE TABLE public.task_documents (
    "taskId" text NOT NULL,
    "documentId" text NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

-- table public.tasks
CREATE TABLE public.tasks (
    id text NOT NULL,
    "projectId" text NOT NULL,
    "phaseId" text,
    "parentId" text,
    "assignedTo" text,
    title text NOT NULL,
    description text,
    status public."TaskStatus" NOT NULL,
    priority public."Priority" NOT NULL,
    "dueDate" date,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
