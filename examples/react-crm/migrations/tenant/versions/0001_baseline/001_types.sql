-- type public.work_order_job_type_enum
CREATE TYPE public.work_order_job_type_enum AS ENUM (
    'pumping',
    'inspection',
    'repair',
    'installation',
    'emergency',
    'maintenance',
    'grease_trap',
    'camera_inspection'
);

-- type public.work_order_priority_enum
CREATE TYPE public.work_order_priority_enum AS ENUM (
    'low',
    'normal',
    'high',
    'urgent',
    'emergency'
);

-- type public.work_order_status_enum
CREATE TYPE public.work_order_status_enum AS ENUM (
    'draft',
    'scheduled',
    'confirmed',
    'enroute',
    'on_site',
    'in_progress',
    'completed',
    'canceled',
    'requires_followup'
);
