-- What no target's tree makes, with the reason. Nothing executes this file.

-- foreign key public.activite FK_activite_assigneeId: what it needs ends up apart: activite (activites), utilisateur (users)
ALTER TABLE ONLY public.activite
    ADD CONSTRAINT "FK_activite_assigneeId" FOREIGN KEY ("assigneeId") REFERENCES public.utilisateur(id);

-- foreign key public.activite FK_activite_clientId: what it needs ends up apart: activite (activites), client_base (clients)
ALTER TABLE ONLY public.activite
    ADD CONSTRAINT "FK_activite_clientId" FOREIGN KEY ("clientId") REFERENCES public.client_base(id) NOT VALID;

-- foreign key public.activite FK_activite_organisationId: what it needs ends up apart: activite (activites), organisation (organisations)
ALTER TABLE ONLY public.activite
    ADD CONSTRAINT "FK_activite_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.apporteur FK_apporteur_organisationId: what it needs ends up apart: apporteur (commerciaux), organisation (organisations)
ALTER TABLE ONLY public.apporteur
    ADD CONSTRAINT "FK_apporteur_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.apporteur FK_apporteur_utilisateurId: what it needs ends up apart: apporteur (commerciaux), utilisateur (users)
ALTER TABLE ONLY public.apporteur
    ADD CONSTRAINT "FK_apporteur_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES public.utilisateur(id);

-- foreign key public.boite_mail FK_boite_mail_organisationId: what it needs ends up apart: boite_mail (documents), organisation (organisations)
ALTER TABLE ONLY public.boite_mail
    ADD CONSTRAINT "FK_boite_mail_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.boite_mail FK_boite_mail_utilisateurId: what it needs ends up apart: boite_mail (documents), utilisateur (users)
ALTER TABLE ONLY public.boite_mail
    ADD CONSTRAINT "FK_boite_mail_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES public.utilisateur(id);

-- foreign key public.bordereau_commission FK_bordereau_commission_apporteurId: what it needs ends up apart: apporteur (commerciaux), bordereau_commission (commission)
ALTER TABLE ONLY public.bordereau_commission
    ADD CONSTRAINT "FK_bordereau_commission_apporteurId" FOREIGN KEY ("apporteurId") REFERENCES public.apporteur(id);

-- foreign key public.bordereau_commission FK_bordereau_commission_organisationId: what it needs ends up apart: bordereau_commission (commission), organisation (organisations)
ALTER TABLE ONLY public.bordereau_commission
    ADD CONSTRAINT "FK_bordereau_commission_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.carrier_account FK_carrier_account_organisationId: what it needs ends up apart: carrier_account (logistics), organisation (organisations)
ALTER TABLE ONLY public.carrier_account
    ADD CONSTRAINT "FK_carrier_account_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.carrier_account FK_carrier_account_transporteurCompteId: what it needs ends up apart: carrier_account (logistics), transporteur_compte (referentiel)
ALTER TABLE ONLY public.carrier_account
    ADD CONSTRAINT "FK_carrier_account_transporteurCompteId" FOREIGN KEY ("transporteurCompteId") REFERENCES public.transporteur_compte(id);

-- foreign key public.client_base FK_client_base_conditionPaiementId: what it needs ends up apart: client_base (clients), condition_paiement (referentiel)
ALTER TABLE ONLY public.client_base
    ADD CONSTRAINT "FK_client_base_conditionPaiementId" FOREIGN KEY ("conditionPaiementId") REFERENCES public.condition_paiement(id);

-- foreign key public.client_base FK_client_base_organisationId: what it needs ends up apart: client_base (clients), organisation (organisations)
ALTER TABLE ONLY public.client_base
    ADD CONSTRAINT "FK_client_base_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.client_partenaire FK_client_partenaire_partenaireMarqueBlancheId: what it needs ends up apart: client_partenaire (clients), partenaire_marque_blanche (organisations)
ALTER TABLE ONLY public.client_partenaire
    ADD CONSTRAINT "FK_client_partenaire_partenaireMarqueBlancheId" FOREIGN KEY ("partenaireMarqueBlancheId") REFERENCES public.partenaire_marque_blanche(id);

-- foreign key public.commerciaux_bareme_commission FK_commerciaux_bareme_commission_organisationId: what it needs ends up apart: commerciaux_bareme_commission (commerciaux), organisation (organisations)
ALTER TABLE ONLY public.commerciaux_bareme_commission
    ADD CONSTRAINT "FK_commerciaux_bareme_commission_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.commission FK_commission_apporteurId: what it needs ends up apart: apporteur (commerciaux), commission (commission)
ALTER TABLE ONLY public.commission
    ADD CONSTRAINT "FK_commission_apporteurId" FOREIGN KEY ("apporteurId") REFERENCES public.apporteur(id);

-- foreign key public.commission_bareme_commission FK_commission_bareme_commission_organisationId: what it needs ends up apart: commission_bareme_commission (commission), organisation (organisations)
ALTER TABLE ONLY public.commission_bareme_commission
    ADD CONSTRAINT "FK_commission_bareme_commission_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.commission FK_commission_contratId: what it needs ends up apart: commission (commission), contrat (contrats)
ALTER TABLE ONLY public.commission
    ADD CONSTRAINT "FK_commission_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id);

-- foreign key public.commission FK_commission_organisationId: what it needs ends up apart: commission (commission), organisation (organisations)
ALTER TABLE ONLY public.commission
    ADD CONSTRAINT "FK_commission_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.compte FK_compte_organisationId: what it needs ends up apart: compte (users), organisation (organisations)
ALTER TABLE ONLY public.compte
    ADD CONSTRAINT "FK_compte_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.contrat FK_contrat_apporteurId: what it needs ends up apart: apporteur (commerciaux), contrat (contrats)
ALTER TABLE ONLY public.contrat
    ADD CONSTRAINT "FK_contrat_apporteurId" FOREIGN KEY ("apporteurId") REFERENCES public.apporteur(id);

-- foreign key public.contrat FK_contrat_clientBaseId: what it needs ends up apart: client_base (clients), contrat (contrats)
ALTER TABLE ONLY public.contrat
    ADD CONSTRAINT "FK_contrat_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id);

-- foreign key public.contrat FK_contrat_organisationId: what it needs ends up apart: contrat (contrats), organisation (organisations)
ALTER TABLE ONLY public.contrat
    ADD CONSTRAINT "FK_contrat_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.expedition FK_expedition_clientBaseId: what it needs ends up apart: client_base (clients), expedition (logistics)
ALTER TABLE ONLY public.expedition
    ADD CONSTRAINT "FK_expedition_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id);

-- foreign key public.expedition FK_expedition_contratId: what it needs ends up apart: contrat (contrats), expedition (logistics)
ALTER TABLE ONLY public.expedition
    ADD CONSTRAINT "FK_expedition_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id);

-- foreign key public.expedition FK_expedition_organisationId: what it needs ends up apart: expedition (logistics), organisation (organisations)
ALTER TABLE ONLY public.expedition
    ADD CONSTRAINT "FK_expedition_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.facture FK_facture_clientBaseId: what it needs ends up apart: client_base (clients), facture (factures)
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT "FK_facture_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id);

-- foreign key public.facture FK_facture_conditionPaiementId: what it needs ends up apart: condition_paiement (referentiel), facture (factures)
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT "FK_facture_conditionPaiementId" FOREIGN KEY ("conditionPaiementId") REFERENCES public.condition_paiement(id);

-- foreign key public.facture FK_facture_contratId: what it needs ends up apart: contrat (contrats), facture (factures)
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT "FK_facture_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id);

-- foreign key public.facture FK_facture_organisationId: what it needs ends up apart: facture (factures), organisation (organisations)
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT "FK_facture_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.facture_settings FK_facture_settings_societeId: what it needs ends up apart: facture_settings (factures), societe (organisations)
ALTER TABLE ONLY public.facture_settings
    ADD CONSTRAINT "FK_facture_settings_societeId" FOREIGN KEY ("societeId") REFERENCES public.societe(id);

-- foreign key public.facture FK_facture_societeId: what it needs ends up apart: facture (factures), societe (organisations)
ALTER TABLE ONLY public.facture
    ADD CONSTRAINT "FK_facture_societeId" FOREIGN KEY ("societeId") REFERENCES public.societe(id);

-- foreign key public.gamme FK_gamme_organisationId: what it needs ends up apart: gamme (products), organisation (organisations)
ALTER TABLE ONLY public.gamme
    ADD CONSTRAINT "FK_gamme_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.gocardless_account FK_gocardless_account_organisationId: what it needs ends up apart: gocardless_account (payments), organisation (organisations)
ALTER TABLE ONLY public.gocardless_account
    ADD CONSTRAINT "FK_gocardless_account_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.gocardless_mandate FK_gocardless_mandate_clientBaseId: what it needs ends up apart: client_base (clients), gocardless_mandate (payments)
ALTER TABLE ONLY public.gocardless_mandate
    ADD CONSTRAINT "FK_gocardless_mandate_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id);

-- foreign key public.grille_tarifaire FK_grille_tarifaire_organisationId: what it needs ends up apart: grille_tarifaire (products), organisation (organisations)
ALTER TABLE ONLY public.grille_tarifaire
    ADD CONSTRAINT "FK_grille_tarifaire_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.historique_relance FK_historique_relance_clientBaseId: what it needs ends up apart: client_base (clients), historique_relance (relance)
ALTER TABLE ONLY public.historique_relance
    ADD CONSTRAINT "FK_historique_relance_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id);

-- foreign key public.historique_relance FK_historique_relance_factureId: what it needs ends up apart: facture (factures), historique_relance (relance)
ALTER TABLE ONLY public.historique_relance
    ADD CONSTRAINT "FK_historique_relance_factureId" FOREIGN KEY ("factureId") REFERENCES public.facture(id);

-- foreign key public.historique_statut_contrat FK_historique_statut_contrat_utilisateurId: what it needs ends up apart: historique_statut_contrat (contrats), utilisateur (users)
ALTER TABLE ONLY public.historique_statut_contrat
    ADD CONSTRAINT "FK_historique_statut_contrat_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES public.utilisateur(id);

-- foreign key public.invoice FK_invoice_clientBaseId: what it needs ends up apart: client_base (clients), invoice (factures)
ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT "FK_invoice_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id);

-- foreign key public.invoice FK_invoice_organisationId: what it needs ends up apart: invoice (factures), organisation (organisations)
ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT "FK_invoice_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.ligne_contrat FK_ligne_contrat_facturationParId: what it needs ends up apart: facturation_par (referentiel), ligne_contrat (contrats)
ALTER TABLE ONLY public.ligne_contrat
    ADD CONSTRAINT "FK_ligne_contrat_facturationParId" FOREIGN KEY ("facturationParId") REFERENCES public.facturation_par(id);

-- foreign key public.ligne_contrat FK_ligne_contrat_periodeFacturationId: what it needs ends up apart: ligne_contrat (contrats), periode_facturation (referentiel)
ALTER TABLE ONLY public.ligne_contrat
    ADD CONSTRAINT "FK_ligne_contrat_periodeFacturationId" FOREIGN KEY ("periodeFacturationId") REFERENCES public.periode_facturation(id);

-- foreign key public.ligne_contrat FK_ligne_contrat_produitId: what it needs ends up apart: ligne_contrat (contrats), produit (products)
ALTER TABLE ONLY public.ligne_contrat
    ADD CONSTRAINT "FK_ligne_contrat_produitId" FOREIGN KEY ("produitId") REFERENCES public.produit(id);

-- foreign key public.ligne_facture FK_ligne_facture_produitId: what it needs ends up apart: ligne_facture (factures), produit (products)
ALTER TABLE ONLY public.ligne_facture
    ADD CONSTRAINT "FK_ligne_facture_produitId" FOREIGN KEY ("produitId") REFERENCES public.produit(id);

-- foreign key public.mailbox FK_mailbox_organisationId: what it needs ends up apart: mailbox (email), organisation (organisations)
ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT "FK_mailbox_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.mailbox FK_mailbox_utilisateurId: what it needs ends up apart: mailbox (email), utilisateur (users)
ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT "FK_mailbox_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES public.utilisateur(id);

-- foreign key public.membre_partenaire FK_membre_partenaire_utilisateurId: what it needs ends up apart: membre_partenaire (organisations), utilisateur (users)
ALTER TABLE ONLY public.membre_partenaire
    ADD CONSTRAINT "FK_membre_partenaire_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES public.utilisateur(id);

-- foreign key public.modele_distribution FK_modele_distribution_organisationId: what it needs ends up apart: modele_distribution (commerciaux), organisation (organisations)
ALTER TABLE ONLY public.modele_distribution
    ADD CONSTRAINT "FK_modele_distribution_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.notification FK_notification_organisationId: what it needs ends up apart: notification (notifications), organisation (organisations)
ALTER TABLE ONLY public.notification
    ADD CONSTRAINT "FK_notification_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.notification FK_notification_utilisateurId: what it needs ends up apart: notification (notifications), utilisateur (users)
ALTER TABLE ONLY public.notification
    ADD CONSTRAINT "FK_notification_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES public.utilisateur(id) NOT VALID;

-- foreign key public.payment_intent FK_payment_intent_factureId: what it needs ends up apart: facture (factures), payment_intent (payments)
ALTER TABLE ONLY public.payment_intent
    ADD CONSTRAINT "FK_payment_intent_factureId" FOREIGN KEY ("factureId") REFERENCES public.facture(id);

-- foreign key public.payment_intent FK_payment_intent_organisationId: what it needs ends up apart: organisation (organisations), payment_intent (payments)
ALTER TABLE ONLY public.payment_intent
    ADD CONSTRAINT "FK_payment_intent_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.paypal_account FK_paypal_account_organisationId: what it needs ends up apart: organisation (organisations), paypal_account (payments)
ALTER TABLE ONLY public.paypal_account
    ADD CONSTRAINT "FK_paypal_account_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.piece_jointe FK_piece_jointe_contratId: what it needs ends up apart: contrat (contrats), piece_jointe (documents)
ALTER TABLE ONLY public.piece_jointe
    ADD CONSTRAINT "FK_piece_jointe_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id);

-- foreign key public.piece_jointe FK_piece_jointe_factureId: what it needs ends up apart: facture (factures), piece_jointe (documents)
ALTER TABLE ONLY public.piece_jointe
    ADD CONSTRAINT "FK_piece_jointe_factureId" FOREIGN KEY ("factureId") REFERENCES public.facture(id);

-- foreign key public.piece_jointe FK_piece_jointe_organisationId: what it needs ends up apart: organisation (organisations), piece_jointe (documents)
ALTER TABLE ONLY public.piece_jointe
    ADD CONSTRAINT "FK_piece_jointe_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.produit FK_produit_organisationId: what it needs ends up apart: organisation (organisations), produit (products)
ALTER TABLE ONLY public.produit
    ADD CONSTRAINT "FK_produit_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.regle_relance FK_regle_relance_organisationId: what it needs ends up apart: organisation (organisations), regle_relance (relance)
ALTER TABLE ONLY public.regle_relance
    ADD CONSTRAINT "FK_regle_relance_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.reprise_commission FK_reprise_commission_contratId: what it needs ends up apart: contrat (contrats), reprise_commission (commission)
ALTER TABLE ONLY public.reprise_commission
    ADD CONSTRAINT "FK_reprise_commission_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id);

-- foreign key public.schedule FK_schedule_clientBaseId: what it needs ends up apart: client_base (clients), schedule (payments)
ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT "FK_schedule_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES public.client_base(id);

-- foreign key public.schedule FK_schedule_contratId: what it needs ends up apart: contrat (contrats), schedule (payments)
ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT "FK_schedule_contratId" FOREIGN KEY ("contratId") REFERENCES public.contrat(id);

-- foreign key public.schedule FK_schedule_organisationId: what it needs ends up apart: organisation (organisations), schedule (payments)
ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT "FK_schedule_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.stripe_account FK_stripe_account_organisationId: what it needs ends up apart: organisation (organisations), stripe_account (payments)
ALTER TABLE ONLY public.stripe_account
    ADD CONSTRAINT "FK_stripe_account_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.tache FK_tache_assigneeId: what it needs ends up apart: tache (activites), utilisateur (users)
ALTER TABLE ONLY public.tache
    ADD CONSTRAINT "FK_tache_assigneeId" FOREIGN KEY ("assigneeId") REFERENCES public.utilisateur(id);

-- foreign key public.transporteur_compte FK_transporteur_compte_organisationId: what it needs ends up apart: organisation (organisations), transporteur_compte (referentiel)
ALTER TABLE ONLY public.transporteur_compte
    ADD CONSTRAINT "FK_transporteur_compte_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.type_activite FK_type_activite_organisationId: what it needs ends up apart: organisation (organisations), type_activite (activites)
ALTER TABLE ONLY public.type_activite
    ADD CONSTRAINT "FK_type_activite_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);

-- foreign key public.utilisateur FK_utilisateur_organisationId: what it needs ends up apart: organisation (organisations), utilisateur (users)
ALTER TABLE ONLY public.utilisateur
    ADD CONSTRAINT "FK_utilisateur_organisationId" FOREIGN KEY ("organisationId") REFERENCES public.organisation(id);
