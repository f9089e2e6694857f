-- index public.notification_preferences_userId_channel_key
CREATE UNIQUE INDEX "notification_preferences_userId_channel_key" ON public.notification_preferences USING btree ("userId", channel);
