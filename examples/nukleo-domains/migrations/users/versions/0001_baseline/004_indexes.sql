-- index public.menu_permissions_userId_menu_key
CREATE UNIQUE INDEX "menu_permissions_userId_menu_key" ON public.menu_permissions USING btree ("userId", menu);

-- index public.sessions_sessionToken_key
CREATE UNIQUE INDEX "sessions_sessionToken_key" ON public.sessions USING btree ("sessionToken");

-- index public.user_access_userId_module_key
CREATE UNIQUE INDEX "user_access_userId_module_key" ON public.user_access USING btree ("userId", module);

-- index public.users_email_key
CREATE UNIQUE INDEX users_email_key ON public.users USING btree (email);
