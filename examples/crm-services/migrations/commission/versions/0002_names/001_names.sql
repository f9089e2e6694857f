ALTER TABLE public.commission_bareme_commission RENAME TO bareme_commission;
ALTER TABLE public.commission_palier_commission RENAME TO palier_commission;
