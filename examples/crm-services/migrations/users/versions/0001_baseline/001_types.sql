-- type public.membre_compte_etat_enum
CREATE TYPE public.membre_compte_etat_enum AS ENUM (
    'invite',
    'actif',
    'suspendu'
);
