-- type public.expedition_statut_enum
CREATE TYPE public.expedition_statut_enum AS ENUM (
    'creee',
    'remise',
    'en_transit',
    'livree',
    'retour'
);
