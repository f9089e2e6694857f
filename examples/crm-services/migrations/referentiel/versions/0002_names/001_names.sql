ALTER TABLE public.referentiel_emission_facture RENAME TO emission_facture;
ALTER TABLE public.referentiel_statut_client RENAME TO statut_client;
