-- type public.Channel
CREATE TYPE public."Channel" AS ENUM (
    'EMAIL',
    'SMS',
    'IN_APP'
);

-- type public.NotificationType
CREATE TYPE public."NotificationType" AS ENUM (
    'TASK',
    'INVOICE',
    'CONTRACT',
    'SYSTEM'
);
