ALTER TABLE public.invoice_items SET SCHEMA billing;
ALTER TABLE public.invoices SET SCHEMA billing;
ALTER TABLE public.payment_reminders SET SCHEMA billing;
ALTER TABLE public.payments SET SCHEMA billing;
ALTER TABLE public.quotes SET SCHEMA billing;
ALTER TABLE public.submissions SET SCHEMA billing;
