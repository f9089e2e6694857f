-- foreign key public.menu_permissions menu_permissions_userId_fkey
ALTER TABLE ONLY public.menu_permissions
    ADD CONSTRAINT "menu_permissions_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.sessions sessions_userId_fkey
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT "sessions_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- foreign key public.user_access user_access_userId_fkey
ALTER TABLE ONLY public.user_access
    ADD CONSTRAINT "user_access_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;
