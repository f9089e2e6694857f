-- foreign key public.documents documents_projectId_fkey
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT "documents_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES public.projects(id) ON UPDATE CASCADE ON DELETE SET NULL NOT VALID;

-- foreign key public.documents documents_uploadedById_fkey
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT "documents_uploadedById_fkey" FOREIGN KEY ("uploadedById") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.milestones milestones_phaseId_fkey
ALTER TABLE ONLY public.milestones
    ADD CONSTRAINT "milestones_phaseId_fkey" FOREIGN KEY ("phaseId") REFERENCES public.project_phases(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.milestones milestones_projectId_fkey
ALTER TABLE ONLY public.milestones
    ADD CONSTRAINT "milestones_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES public.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.project_phases project_phases_projectId_fkey
ALTER TABLE ONLY public.project_phases
    ADD CONSTRAINT "project_phases_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES public.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.projects projects_companyId_fkey
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT "projects_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.projects projects_managerId_fkey
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT "projects_managerId_fkey" FOREIGN KEY ("managerId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.task_documents task_documents_documentId_fkey
ALTER TABLE ONLY public.task_documents
    ADD CONSTRAINT "task_documents_documentId_fkey" FOREIGN KEY ("documentId") REFERENCES public.documents(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.task_documents task_documents_taskId_fkey
ALTER TABLE ONLY public.task_documents
    ADD CONSTRAINT "task_documents_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES public.tasks(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.tasks tasks_assignedTo_fkey
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT "tasks_assignedTo_fkey" FOREIGN KEY ("assignedTo") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.tasks tasks_parentId_fkey
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT "tasks_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES public.tasks(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.tasks tasks_phaseId_fkey
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT "tasks_phaseId_fkey" FOREIGN KEY ("phaseId") REFERENCES public.project_phases(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.tasks tasks_projectId_fkey
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT "tasks_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES public.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;
