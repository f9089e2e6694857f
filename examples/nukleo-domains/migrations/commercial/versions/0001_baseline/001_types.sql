-- type public.OpportunityStage
CREATE TYPE public."OpportunityStage" AS ENUM (
    'LEAD',
    'QUALIFIED',
    'PROPOSAL',
    'WON',
    'LOST'
);
