-- type public.Priority
CREATE TYPE public."Priority" AS ENUM (
    'LOW',
    'MEDIUM',
    'HIGH',
    'URGENT'
);

-- type public.ProjectStatus
CREATE TYPE public."ProjectStatus" AS ENUM (
    'planned',
    'active',
    'on_hold',
    'done'
);

-- type public.TaskStatus
CREATE TYPE public."TaskStatus" AS ENUM (
    'TODO',
    'IN_PROGRESS',
    'REVIEW',
    'DONE'
);
