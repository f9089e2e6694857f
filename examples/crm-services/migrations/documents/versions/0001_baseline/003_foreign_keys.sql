-- foreign key public.piece_jointe FK_piece_jointe_boiteMailId
ALTER TABLE ONLY public.piece_jointe
    ADD CONSTRAINT "FK_piece_jointe_boiteMailId" FOREIGN KEY ("boiteMailId") REFERENCES public.boite_mail(id);
