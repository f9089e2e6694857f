-- type public.TicketStatus
CREATE TYPE public."TicketStatus" AS ENUM (
    'OPEN',
    'WAITING',
    'SOLVED'
);
