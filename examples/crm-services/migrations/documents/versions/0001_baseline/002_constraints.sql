-- constraint public.boite_mail boite_mail_pkey
ALTER TABLE ONLY public.boite_mail
    ADD CONSTRAINT boite_mail_pkey PRIMARY KEY (id);

-- constraint public.piece_jointe piece_jointe_pkey
ALTER TABLE ONLY public.piece_jointe
    ADD CONSTRAINT piece_jointe_pkey PRIMARY KEY (id);
