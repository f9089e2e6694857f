ALTER TABLE public.clients_statut_client RENAME TO statut_client;
