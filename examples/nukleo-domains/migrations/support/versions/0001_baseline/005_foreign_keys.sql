-- foreign key public.chat_messages chat_messages_parentId_fkey
ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT "chat_messages_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES public.chat_messages(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.chat_messages chat_messages_projectId_fkey
ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT "chat_messages_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES public.projects(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.chat_messages chat_messages_senderId_fkey
ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT "chat_messages_senderId_fkey" FOREIGN KEY ("senderId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.ticket_responses ticket_responses_authorId_fkey
ALTER TABLE ONLY public.ticket_responses
    ADD CONSTRAINT "ticket_responses_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.ticket_responses ticket_responses_ticketId_fkey
ALTER TABLE ONLY public.ticket_responses
    ADD CONSTRAINT "ticket_responses_ticketId_fkey" FOREIGN KEY ("ticketId") REFERENCES public.tickets(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.tickets tickets_assignedTo_fkey
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT "tickets_assignedTo_fkey" FOREIGN KEY ("assignedTo") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- foreign key public.tickets tickets_companyId_fkey
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT "tickets_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES public.companies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- foreign key public.tickets tickets_contactId_fkey
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT "tickets_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES public.contacts(id) ON UPDATE CASCADE ON DELETE SET NULL;
