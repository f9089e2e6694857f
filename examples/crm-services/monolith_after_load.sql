-- Foreign keys and indexes of the shared database `crm`. Run it after monolith.sql, and after the rows where there are
-- any.

-- Indexes -------------------------------------------------------------------------------------------------------------

-- Six entities declare some. The foreign keys of all others have none.
CREATE UNIQUE INDEX "UQ_facture_settings_societeId" ON facture_settings ("societeId");
CREATE UNIQUE INDEX "UQ_statut_facture_code" ON statut_facture (code);
CREATE INDEX "IDX_ligne_facture_factureId" ON ligne_facture ("factureId");
CREATE UNIQUE INDEX "UQ_emission_facture_code" ON factures_emission_facture (code);
CREATE INDEX "IDX_facture_organisationId_numero" ON facture ("organisationId", numero);
CREATE INDEX "IDX_facture_organisationId_dateEmission" ON facture ("organisationId", "dateEmission");
CREATE INDEX "IDX_facture_clientBaseId" ON facture ("clientBaseId");
CREATE INDEX "IDX_facture_contratId" ON facture ("contratId");
CREATE INDEX "IDX_invoice_invoiceNumber" ON invoice ("invoiceNumber");
CREATE INDEX "IDX_invoice_status" ON invoice (status);
CREATE INDEX "IDX_invoice_issueDate" ON invoice ("issueDate");

-- service-users -------------------------------------------------------------------------------------------------------

ALTER TABLE compte ADD CONSTRAINT "FK_compte_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE utilisateur ADD CONSTRAINT "FK_utilisateur_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE utilisateur ADD CONSTRAINT "FK_utilisateur_compteId" FOREIGN KEY ("compteId") REFERENCES compte;
ALTER TABLE role_permission ADD CONSTRAINT "FK_role_permission_roleId"
    FOREIGN KEY ("roleId") REFERENCES role ON DELETE CASCADE;
ALTER TABLE role_permission ADD CONSTRAINT "FK_role_permission_permissionId"
    FOREIGN KEY ("permissionId") REFERENCES permission ON DELETE CASCADE;
ALTER TABLE membre_compte ADD CONSTRAINT "FK_membre_compte_compteId"
    FOREIGN KEY ("compteId") REFERENCES compte ON DELETE CASCADE;
ALTER TABLE membre_compte ADD CONSTRAINT "FK_membre_compte_utilisateurId"
    FOREIGN KEY ("utilisateurId") REFERENCES utilisateur ON DELETE CASCADE;
ALTER TABLE membre_compte ADD CONSTRAINT "FK_membre_compte_roleId" FOREIGN KEY ("roleId") REFERENCES role;
ALTER TABLE users_invitation_compte ADD CONSTRAINT "FK_users_invitation_compte_compteId"
    FOREIGN KEY ("compteId") REFERENCES compte ON DELETE CASCADE;
ALTER TABLE users_invitation_compte ADD CONSTRAINT "FK_users_invitation_compte_roleId"
    FOREIGN KEY ("roleId") REFERENCES role;

-- service-referentiel -------------------------------------------------------------------------------------------------

ALTER TABLE transporteur_compte ADD CONSTRAINT "FK_transporteur_compte_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;

-- service-relance -----------------------------------------------------------------------------------------------------

ALTER TABLE regle_relance ADD CONSTRAINT "FK_regle_relance_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE historique_relance ADD CONSTRAINT "FK_historique_relance_regleRelanceId"
    FOREIGN KEY ("regleRelanceId") REFERENCES regle_relance;
ALTER TABLE historique_relance ADD CONSTRAINT "FK_historique_relance_factureId"
    FOREIGN KEY ("factureId") REFERENCES facture;
ALTER TABLE historique_relance ADD CONSTRAINT "FK_historique_relance_clientBaseId"
    FOREIGN KEY ("clientBaseId") REFERENCES client_base;

-- service-payments ----------------------------------------------------------------------------------------------------

ALTER TABLE stripe_account ADD CONSTRAINT "FK_stripe_account_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE paypal_account ADD CONSTRAINT "FK_paypal_account_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE gocardless_account ADD CONSTRAINT "FK_gocardless_account_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE gocardless_mandate ADD CONSTRAINT "FK_gocardless_mandate_gocardlessAccountId"
    FOREIGN KEY ("gocardlessAccountId") REFERENCES gocardless_account;
ALTER TABLE gocardless_mandate ADD CONSTRAINT "FK_gocardless_mandate_clientBaseId"
    FOREIGN KEY ("clientBaseId") REFERENCES client_base;
ALTER TABLE schedule ADD CONSTRAINT "FK_schedule_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE schedule ADD CONSTRAINT "FK_schedule_contratId" FOREIGN KEY ("contratId") REFERENCES contrat;
ALTER TABLE schedule ADD CONSTRAINT "FK_schedule_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES client_base;
ALTER TABLE payment_intent ADD CONSTRAINT "FK_payment_intent_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE payment_intent ADD CONSTRAINT "FK_payment_intent_scheduleId" FOREIGN KEY ("scheduleId") REFERENCES schedule;
ALTER TABLE payment_intent ADD CONSTRAINT "FK_payment_intent_factureId" FOREIGN KEY ("factureId") REFERENCES facture;
ALTER TABLE payment_event ADD CONSTRAINT "FK_payment_event_paymentIntentId"
    FOREIGN KEY ("paymentIntentId") REFERENCES payment_intent ON DELETE CASCADE;

-- service-products ----------------------------------------------------------------------------------------------------

ALTER TABLE gamme ADD CONSTRAINT "FK_gamme_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE gamme ADD CONSTRAINT "FK_gamme_parentId" FOREIGN KEY ("parentId") REFERENCES gamme;
ALTER TABLE produit ADD CONSTRAINT "FK_produit_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE produit ADD CONSTRAINT "FK_produit_gammeId" FOREIGN KEY ("gammeId") REFERENCES gamme;
ALTER TABLE grille_tarifaire ADD CONSTRAINT "FK_grille_tarifaire_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE prix_produit ADD CONSTRAINT "FK_prix_produit_grilleTarifaireId"
    FOREIGN KEY ("grilleTarifaireId") REFERENCES grille_tarifaire ON DELETE CASCADE;
ALTER TABLE prix_produit ADD CONSTRAINT "FK_prix_produit_produitId" FOREIGN KEY ("produitId") REFERENCES produit;

-- service-organisations -----------------------------------------------------------------------------------------------

ALTER TABLE societe ADD CONSTRAINT "FK_societe_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE theme_marque ADD CONSTRAINT "FK_theme_marque_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE partenaire_marque_blanche ADD CONSTRAINT "FK_partenaire_marque_blanche_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE partenaire_marque_blanche ADD CONSTRAINT "FK_partenaire_marque_blanche_statutPartenaireId"
    FOREIGN KEY ("statutPartenaireId") REFERENCES statut_partenaire;
ALTER TABLE partenaire_marque_blanche ADD CONSTRAINT "FK_partenaire_marque_blanche_themeMarqueId"
    FOREIGN KEY ("themeMarqueId") REFERENCES theme_marque;
ALTER TABLE membre_partenaire ADD CONSTRAINT "FK_membre_partenaire_partenaireMarqueBlancheId"
    FOREIGN KEY ("partenaireMarqueBlancheId") REFERENCES partenaire_marque_blanche ON DELETE CASCADE;
ALTER TABLE membre_partenaire ADD CONSTRAINT "FK_membre_partenaire_utilisateurId"
    FOREIGN KEY ("utilisateurId") REFERENCES utilisateur;
ALTER TABLE membre_partenaire ADD CONSTRAINT "FK_membre_partenaire_rolePartenaireId"
    FOREIGN KEY ("rolePartenaireId") REFERENCES role_partenaire;
ALTER TABLE organisations_invitation_compte ADD CONSTRAINT "FK_organisations_invitation_compte_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE organisations_invitation_compte ADD CONSTRAINT "FK_organisations_invitation_compte_rolePartenaireId"
    FOREIGN KEY ("rolePartenaireId") REFERENCES role_partenaire;

-- service-logistics ---------------------------------------------------------------------------------------------------

ALTER TABLE carrier_account ADD CONSTRAINT "FK_carrier_account_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE carrier_account ADD CONSTRAINT "FK_carrier_account_transporteurCompteId"
    FOREIGN KEY ("transporteurCompteId") REFERENCES transporteur_compte;
ALTER TABLE expedition ADD CONSTRAINT "FK_expedition_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE expedition ADD CONSTRAINT "FK_expedition_carrierAccountId"
    FOREIGN KEY ("carrierAccountId") REFERENCES carrier_account;
ALTER TABLE expedition ADD CONSTRAINT "FK_expedition_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES client_base;
ALTER TABLE expedition ADD CONSTRAINT "FK_expedition_contratId" FOREIGN KEY ("contratId") REFERENCES contrat;
ALTER TABLE colis ADD CONSTRAINT "FK_colis_expeditionId"
    FOREIGN KEY ("expeditionId") REFERENCES expedition ON DELETE CASCADE;
ALTER TABLE tracking_event ADD CONSTRAINT "FK_tracking_event_colisId"
    FOREIGN KEY ("colisId") REFERENCES colis ON DELETE CASCADE;

-- service-notifications -----------------------------------------------------------------------------------------------

ALTER TABLE notification ADD CONSTRAINT "FK_notification_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE notification ADD CONSTRAINT "FK_notification_utilisateurId"
    FOREIGN KEY ("utilisateurId") REFERENCES utilisateur NOT VALID;

-- service-factures ----------------------------------------------------------------------------------------------------

ALTER TABLE facture_settings ADD CONSTRAINT "FK_facture_settings_societeId"
    FOREIGN KEY ("societeId") REFERENCES societe;
ALTER TABLE facture ADD CONSTRAINT "FK_facture_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE facture ADD CONSTRAINT "FK_facture_societeId" FOREIGN KEY ("societeId") REFERENCES societe;
ALTER TABLE facture ADD CONSTRAINT "FK_facture_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES client_base;
ALTER TABLE facture ADD CONSTRAINT "FK_facture_contratId" FOREIGN KEY ("contratId") REFERENCES contrat;
ALTER TABLE facture ADD CONSTRAINT "FK_facture_statutFactureId"
    FOREIGN KEY ("statutFactureId") REFERENCES statut_facture;
ALTER TABLE facture ADD CONSTRAINT "FK_facture_emissionFactureId"
    FOREIGN KEY ("emissionFactureId") REFERENCES factures_emission_facture;
ALTER TABLE facture ADD CONSTRAINT "FK_facture_conditionPaiementId"
    FOREIGN KEY ("conditionPaiementId") REFERENCES condition_paiement;
ALTER TABLE facture ADD CONSTRAINT "FK_facture_factureOrigineId" FOREIGN KEY ("factureOrigineId") REFERENCES facture;
ALTER TABLE ligne_facture ADD CONSTRAINT "FK_ligne_facture_factureId"
    FOREIGN KEY ("factureId") REFERENCES facture ON DELETE CASCADE;
ALTER TABLE ligne_facture ADD CONSTRAINT "FK_ligne_facture_produitId" FOREIGN KEY ("produitId") REFERENCES produit;
ALTER TABLE invoice ADD CONSTRAINT "FK_invoice_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE invoice ADD CONSTRAINT "FK_invoice_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES client_base;
ALTER TABLE invoice_item ADD CONSTRAINT "FK_invoice_item_invoiceId"
    FOREIGN KEY ("invoiceId") REFERENCES invoice ON DELETE CASCADE;

-- service-email -------------------------------------------------------------------------------------------------------

ALTER TABLE mailbox ADD CONSTRAINT "FK_mailbox_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE mailbox ADD CONSTRAINT "FK_mailbox_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES utilisateur;

-- service-documents ---------------------------------------------------------------------------------------------------

ALTER TABLE boite_mail ADD CONSTRAINT "FK_boite_mail_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE boite_mail ADD CONSTRAINT "FK_boite_mail_utilisateurId"
    FOREIGN KEY ("utilisateurId") REFERENCES utilisateur;
ALTER TABLE piece_jointe ADD CONSTRAINT "FK_piece_jointe_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE piece_jointe ADD CONSTRAINT "FK_piece_jointe_boiteMailId" FOREIGN KEY ("boiteMailId") REFERENCES boite_mail;
ALTER TABLE piece_jointe ADD CONSTRAINT "FK_piece_jointe_factureId" FOREIGN KEY ("factureId") REFERENCES facture;
ALTER TABLE piece_jointe ADD CONSTRAINT "FK_piece_jointe_contratId" FOREIGN KEY ("contratId") REFERENCES contrat;

-- service-contrats ----------------------------------------------------------------------------------------------------

ALTER TABLE contrat ADD CONSTRAINT "FK_contrat_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE contrat ADD CONSTRAINT "FK_contrat_clientBaseId" FOREIGN KEY ("clientBaseId") REFERENCES client_base;
ALTER TABLE contrat ADD CONSTRAINT "FK_contrat_apporteurId" FOREIGN KEY ("apporteurId") REFERENCES apporteur;
ALTER TABLE contrat ADD CONSTRAINT "FK_contrat_statutId" FOREIGN KEY ("statutId") REFERENCES statut_contrat;
ALTER TABLE ligne_contrat ADD CONSTRAINT "FK_ligne_contrat_contratId"
    FOREIGN KEY ("contratId") REFERENCES contrat ON DELETE CASCADE;
ALTER TABLE ligne_contrat ADD CONSTRAINT "FK_ligne_contrat_produitId" FOREIGN KEY ("produitId") REFERENCES produit;
ALTER TABLE ligne_contrat ADD CONSTRAINT "FK_ligne_contrat_periodeFacturationId"
    FOREIGN KEY ("periodeFacturationId") REFERENCES periode_facturation;
ALTER TABLE ligne_contrat ADD CONSTRAINT "FK_ligne_contrat_facturationParId"
    FOREIGN KEY ("facturationParId") REFERENCES facturation_par;
ALTER TABLE historique_statut_contrat ADD CONSTRAINT "FK_historique_statut_contrat_contratId"
    FOREIGN KEY ("contratId") REFERENCES contrat ON DELETE CASCADE;
ALTER TABLE historique_statut_contrat ADD CONSTRAINT "FK_historique_statut_contrat_ancienStatutId"
    FOREIGN KEY ("ancienStatutId") REFERENCES statut_contrat;
ALTER TABLE historique_statut_contrat ADD CONSTRAINT "FK_historique_statut_contrat_nouveauStatutId"
    FOREIGN KEY ("nouveauStatutId") REFERENCES statut_contrat;
ALTER TABLE historique_statut_contrat ADD CONSTRAINT "FK_historique_statut_contrat_utilisateurId"
    FOREIGN KEY ("utilisateurId") REFERENCES utilisateur;
ALTER TABLE orchestration_history ADD CONSTRAINT "FK_orchestration_history_contratId"
    FOREIGN KEY ("contratId") REFERENCES contrat ON DELETE CASCADE;

-- service-commission --------------------------------------------------------------------------------------------------

ALTER TABLE commission_bareme_commission ADD CONSTRAINT "FK_commission_bareme_commission_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE commission_palier_commission ADD CONSTRAINT "FK_commission_palier_commission_baremeId"
    FOREIGN KEY ("baremeId") REFERENCES commission_bareme_commission ON DELETE CASCADE;
ALTER TABLE commission ADD CONSTRAINT "FK_commission_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE commission ADD CONSTRAINT "FK_commission_apporteurId" FOREIGN KEY ("apporteurId") REFERENCES apporteur;
ALTER TABLE commission ADD CONSTRAINT "FK_commission_contratId" FOREIGN KEY ("contratId") REFERENCES contrat;
ALTER TABLE commission ADD CONSTRAINT "FK_commission_baremeId"
    FOREIGN KEY ("baremeId") REFERENCES commission_bareme_commission;
ALTER TABLE commission ADD CONSTRAINT "FK_commission_statutId" FOREIGN KEY ("statutId") REFERENCES statut_commission;
ALTER TABLE bordereau_commission ADD CONSTRAINT "FK_bordereau_commission_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE bordereau_commission ADD CONSTRAINT "FK_bordereau_commission_apporteurId"
    FOREIGN KEY ("apporteurId") REFERENCES apporteur;
ALTER TABLE ligne_bordereau ADD CONSTRAINT "FK_ligne_bordereau_bordereauId"
    FOREIGN KEY ("bordereauId") REFERENCES bordereau_commission ON DELETE CASCADE;
ALTER TABLE ligne_bordereau ADD CONSTRAINT "FK_ligne_bordereau_commissionId"
    FOREIGN KEY ("commissionId") REFERENCES commission;
ALTER TABLE reprise_commission ADD CONSTRAINT "FK_reprise_commission_commissionOrigineId"
    FOREIGN KEY ("commissionOrigineId") REFERENCES commission;
ALTER TABLE reprise_commission ADD CONSTRAINT "FK_reprise_commission_contratId"
    FOREIGN KEY ("contratId") REFERENCES contrat;

-- service-commerciaux -------------------------------------------------------------------------------------------------

ALTER TABLE modele_distribution ADD CONSTRAINT "FK_modele_distribution_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE commerciaux_bareme_commission ADD CONSTRAINT "FK_commerciaux_bareme_commission_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE commerciaux_bareme_commission ADD CONSTRAINT "FK_commerciaux_bareme_commission_modeleDistributionId"
    FOREIGN KEY ("modeleDistributionId") REFERENCES modele_distribution;
ALTER TABLE commerciaux_palier_commission ADD CONSTRAINT "FK_commerciaux_palier_commission_baremeId"
    FOREIGN KEY ("baremeId") REFERENCES commerciaux_bareme_commission ON DELETE CASCADE;
ALTER TABLE apporteur ADD CONSTRAINT "FK_apporteur_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE apporteur ADD CONSTRAINT "FK_apporteur_utilisateurId" FOREIGN KEY ("utilisateurId") REFERENCES utilisateur;
ALTER TABLE apporteur ADD CONSTRAINT "FK_apporteur_modeleDistributionId"
    FOREIGN KEY ("modeleDistributionId") REFERENCES modele_distribution;
ALTER TABLE apporteur ADD CONSTRAINT "FK_apporteur_parentId" FOREIGN KEY ("parentId") REFERENCES apporteur;

-- service-clients -----------------------------------------------------------------------------------------------------

ALTER TABLE client_base ADD CONSTRAINT "FK_client_base_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE client_base ADD CONSTRAINT "FK_client_base_statutId"
    FOREIGN KEY ("statutId") REFERENCES clients_statut_client;
ALTER TABLE client_base ADD CONSTRAINT "FK_client_base_conditionPaiementId"
    FOREIGN KEY ("conditionPaiementId") REFERENCES condition_paiement;
ALTER TABLE client_entreprise ADD CONSTRAINT "FK_client_entreprise_clientBaseId"
    FOREIGN KEY ("clientBaseId") REFERENCES client_base ON DELETE CASCADE;
ALTER TABLE client_partenaire ADD CONSTRAINT "FK_client_partenaire_clientBaseId"
    FOREIGN KEY ("clientBaseId") REFERENCES client_base ON DELETE CASCADE;
ALTER TABLE client_partenaire ADD CONSTRAINT "FK_client_partenaire_partenaireMarqueBlancheId"
    FOREIGN KEY ("partenaireMarqueBlancheId") REFERENCES partenaire_marque_blanche;
ALTER TABLE adresse ADD CONSTRAINT "FK_adresse_clientBaseId"
    FOREIGN KEY ("clientBaseId") REFERENCES client_base ON DELETE CASCADE;

-- service-activites ---------------------------------------------------------------------------------------------------

ALTER TABLE type_activite ADD CONSTRAINT "FK_type_activite_organisationId"
    FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE activite ADD CONSTRAINT "FK_activite_organisationId" FOREIGN KEY ("organisationId") REFERENCES organisation;
ALTER TABLE activite ADD CONSTRAINT "FK_activite_clientId" FOREIGN KEY ("clientId") REFERENCES client_base NOT VALID;
ALTER TABLE activite ADD CONSTRAINT "FK_activite_assigneeId" FOREIGN KEY ("assigneeId") REFERENCES utilisateur;
ALTER TABLE activite ADD CONSTRAINT "FK_activite_typeActiviteId"
    FOREIGN KEY ("typeActiviteId") REFERENCES type_activite;
ALTER TABLE tache ADD CONSTRAINT "FK_tache_activiteId" FOREIGN KEY ("activiteId") REFERENCES activite ON DELETE CASCADE;
ALTER TABLE tache ADD CONSTRAINT "FK_tache_assigneeId" FOREIGN KEY ("assigneeId") REFERENCES utilisateur;
ALTER TABLE evenement_suivi ADD CONSTRAINT "FK_evenement_suivi_activiteId"
    FOREIGN KEY ("activiteId") REFERENCES activite ON DELETE CASCADE;
