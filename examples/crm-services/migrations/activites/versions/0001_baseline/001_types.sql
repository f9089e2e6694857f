-- type public.tache_priorite_enum
CREATE TYPE public.tache_priorite_enum AS ENUM (
    'basse',
    'normale',
    'haute'
);
