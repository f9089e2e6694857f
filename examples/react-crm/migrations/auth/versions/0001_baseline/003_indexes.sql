-- index public.ix_api_clients_client_id
CREATE UNIQUE INDEX ix_api_clients_client_id ON public.api_clients USING btree (client_id);

-- index public.ix_api_tokens_client_id
CREATE INDEX ix_api_tokens_client_id ON public.api_tokens USING btree (client_id);

-- index public.ix_api_tokens_refresh_token_hash
CREATE INDEX ix_api_tokens_refresh_token_hash ON public.api_tokens USING btree (refresh_token_hash);

-- index public.ix_api_tokens_token_hash
CREATE UNIQUE INDEX ix_api_tokens_token_hash ON public.api_tokens USING btree (token_hash);

-- index public.ix_api_users_email
CREATE UNIQUE INDEX ix_api_users_email ON public.api_users USING btree (email);

-- index public.ix_api_users_id
CREATE INDEX ix_api_users_id ON public.api_users USING btree (id);
