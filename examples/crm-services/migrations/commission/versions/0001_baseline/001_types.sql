-- type public.bareme_type_calcul_enum
CREATE TYPE public.bareme_type_calcul_enum AS ENUM (
    'fixe',
    'pourcentage',
    'palier'
);
