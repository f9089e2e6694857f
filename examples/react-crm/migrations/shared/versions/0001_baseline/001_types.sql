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
