-- foreign key public.approval_history approval_history_actorId_fkey
ALTER TABLE ONLY public.approval_history
    ADD CONSTRAINT "approval_history_actorId_fkey" FOREIGN KEY ("actorId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.approval_history approval_history_workflowId_fkey
ALTER TABLE ONLY public.approval_history
    ADD CONSTRAINT "approval_history_workflowId_fkey" FOREIGN KEY ("workflowId") REFERENCES public.approval_workflows(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.approval_signatures approval_signatures_documentId_fkey
ALTER TABLE ONLY public.approval_signatures
    ADD CONSTRAINT "approval_signatures_documentId_fkey" FOREIGN KEY ("documentId") REFERENCES public.documents(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.approval_signatures approval_signatures_signerId_fkey
ALTER TABLE ONLY public.approval_signatures
    ADD CONSTRAINT "approval_signatures_signerId_fkey" FOREIGN KEY ("signerId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.approval_signatures approval_signatures_stepId_fkey
ALTER TABLE ONLY public.approval_signatures
    ADD CONSTRAINT "approval_signatures_stepId_fkey" FOREIGN KEY ("stepId") REFERENCES public.approval_steps(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.approval_steps approval_steps_approverId_fkey
ALTER TABLE ONLY public.approval_steps
    ADD CONSTRAINT "approval_steps_approverId_fkey" FOREIGN KEY ("approverId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.approval_steps approval_steps_workflowId_fkey
ALTER TABLE ONLY public.approval_steps
    ADD CONSTRAINT "approval_steps_workflowId_fkey" FOREIGN KEY ("workflowId") REFERENCES public.approval_workflows(id) ON UPDATE CASCADE ON DELETE CASCADE;
