ALTER TABLE public.commerciaux_bareme_commission RENAME TO bareme_commission;
ALTER TABLE public.commerciaux_palier_commission RENAME TO palier_commission;
