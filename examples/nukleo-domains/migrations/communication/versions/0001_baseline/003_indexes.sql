-- index public.communication_clients_companyId_key
CREATE UNIQUE INDEX "communication_clients_companyId_key" ON public.communication_clients USING btree ("companyId");
