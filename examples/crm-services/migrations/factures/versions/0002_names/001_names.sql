ALTER TABLE public.factures_emission_facture RENAME TO emission_facture;
