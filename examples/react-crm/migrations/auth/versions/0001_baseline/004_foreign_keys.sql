-- foreign key public.api_clients api_clients_owner_user_id_fkey
ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT api_clients_owner_user_id_fkey FOREIGN KEY (owner_user_id) REFERENCES public.api_users(id);

-- foreign key public.api_tokens api_tokens_client_id_fkey
ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.api_clients(id) ON DELETE CASCADE;
