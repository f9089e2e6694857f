-- type public.UserRole
CREATE TYPE public."UserRole" AS ENUM (
    'ADMIN',
    'MANAGER',
    'MEMBER',
    'CLIENT'
);
