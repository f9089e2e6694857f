-- foreign key public.api_keys api_keys_userId_fkey
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT "api_keys_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.policy_acknowledgments policy_acknowledgments_policyId_fkey
ALTER TABLE ONLY public.policy_acknowledgments
    ADD CONSTRAINT "policy_acknowledgments_policyId_fkey" FOREIGN KEY ("policyId") REFERENCES public.policies(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.policy_acknowledgments policy_acknowledgments_userId_fkey
ALTER TABLE ONLY public.policy_acknowledgments
    ADD CONSTRAINT "policy_acknowledgments_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;
