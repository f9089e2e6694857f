-- index public.api_keys_keyHash_key
CREATE UNIQUE INDEX "api_keys_keyHash_key" ON public.api_keys USING btree ("keyHash");

-- index public.policies_slug_key
CREATE UNIQUE INDEX policies_slug_key ON public.policies USING btree (slug);

-- index public.policy_acknowledgments_policyId_userId_key
CREATE UNIQUE INDEX "policy_acknowledgments_policyId_userId_key" ON public.policy_acknowledgments USING btree ("policyId", "userId");
