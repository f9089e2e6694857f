ALTER TABLE public.chat_messages SET SCHEMA support;
ALTER TABLE public.ticket_responses SET SCHEMA support;
ALTER TABLE public.tickets SET SCHEMA support;
