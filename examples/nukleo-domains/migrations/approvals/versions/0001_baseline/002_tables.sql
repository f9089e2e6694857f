-- table public.approval_history
CREATE TABLE public.approval_history (
    id text NOT NULL,
    "workflowId" text NOT NULL,
    "actorId" text,
    action text NOT NULL,
    payload jsonb,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

-- table public.approval_signatures
CREATE TABLE public.approval_signatures (
    id text NOT NULL,
    "stepId" text NOT NULL,
    "signerId" text NOT NULL,
    "documentId" text,
    status public."ApprovalStatus" NOT NULL,
    "signedAt" timestamp(3) without time zone,
    comment text,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.approval_steps
CREATE TABLE public.approval_steps (
    id text NOT NULL,
    "workflowId" text NOT NULL,
    "approverId" text NOT NULL,
    "position" integer NOT NULL,
    label text NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.approval_workflows
CREATE TABLE public.approval_workflows (
    id text NOT NULL,
    name text NOT NULL,
    "entityType" public."EntityType" NOT NULL,
    active boolean DEFAULT false NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
