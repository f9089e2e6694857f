ALTER TABLE public.approval_history SET SCHEMA approvals;
ALTER TABLE public.approval_signatures SET SCHEMA approvals;
ALTER TABLE public.approval_steps SET SCHEMA approvals;
ALTER TABLE public.approval_workflows SET SCHEMA approvals;
