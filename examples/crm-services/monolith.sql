-- The shared database `crm` of a CRM's services, as TypeORM made it: 74 entities, UUIDs as keys, camelCase columns.
--
-- This file makes types, tables and primary keys. monolith_after_load.sql adds foreign keys and indexes, which come
-- after the rows: two foreign keys were never validated, because the rows would not pass.
--
-- Where two services have an entity of the same name, both of their tables bear the name of their service.

-- Types ---------------------------------------------------------------------------------------------------------------

CREATE TYPE transporteur_compte_type_enum AS ENUM ('maileva', 'colissimo', 'chronopost', 'dhl');
CREATE TYPE membre_compte_etat_enum AS ENUM ('invite', 'actif', 'suspendu');
CREATE TYPE canal_relance_enum AS ENUM ('email', 'sms', 'courrier', 'telephone');
CREATE TYPE gocardless_mandate_statut_enum AS ENUM ('pending_submission', 'submitted', 'active', 'cancelled');
CREATE TYPE schedule_frequence_enum AS ENUM ('mensuelle', 'trimestrielle', 'annuelle');
CREATE TYPE payment_intent_statut_enum AS ENUM ('requires_action', 'processing', 'succeeded', 'failed');
CREATE TYPE payment_provider_enum AS ENUM ('stripe', 'paypal', 'gocardless');
CREATE TYPE expedition_statut_enum AS ENUM ('creee', 'remise', 'en_transit', 'livree', 'retour');
CREATE TYPE notification_type_enum AS ENUM ('client', 'contrat', 'facture', 'paiement', 'systeme');
CREATE TYPE invoice_status_enum AS ENUM ('DRAFT', 'ISSUED', 'PAID', 'VOID');
CREATE TYPE mailbox_provider_enum AS ENUM ('gmail', 'outlook', 'imap');
CREATE TYPE bareme_type_calcul_enum AS ENUM ('fixe', 'pourcentage', 'palier');
CREATE TYPE client_base_type_enum AS ENUM ('particulier', 'entreprise', 'partenaire');
CREATE TYPE tache_priorite_enum AS ENUM ('basse', 'normale', 'haute');

-- service-users -------------------------------------------------------------------------------------------------------

CREATE TABLE compte (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "nom"             varchar(150) NOT NULL,
    "actif"           boolean NOT NULL DEFAULT false,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE utilisateur (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "compteId"        uuid,
    "email"           varchar(255) NOT NULL,
    "motDePasseHash"  varchar(255) NOT NULL,
    "prenom"          varchar(100),
    "nom"             varchar(100) NOT NULL,
    "telephone"       varchar(30),
    "dernierAcces"    timestamp,
    "actif"           boolean NOT NULL DEFAULT false,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE role (
    "id"           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"         varchar(50) NOT NULL,
    "libelle"      varchar(100) NOT NULL,
    "description"  text,
    "systeme"      boolean NOT NULL DEFAULT false,
    "createdAt"    timestamp NOT NULL DEFAULT now(),
    "updatedAt"    timestamp NOT NULL DEFAULT now()
);

CREATE TABLE permission (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(80) NOT NULL,
    "libelle"    varchar(150) NOT NULL,
    "module"     varchar(50) NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE role_permission (
    "id"            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "roleId"        uuid NOT NULL,
    "permissionId"  uuid NOT NULL,
    "createdAt"     timestamp NOT NULL DEFAULT now(),
    "updatedAt"     timestamp NOT NULL DEFAULT now()
);

CREATE TABLE membre_compte (
    "id"             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "compteId"       uuid NOT NULL,
    "utilisateurId"  uuid NOT NULL,
    "roleId"         uuid NOT NULL,
    "etat"           membre_compte_etat_enum NOT NULL,
    "createdAt"      timestamp NOT NULL DEFAULT now(),
    "updatedAt"      timestamp NOT NULL DEFAULT now()
);

CREATE TABLE users_invitation_compte (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "compteId"   uuid NOT NULL,
    "roleId"     uuid NOT NULL,
    "email"      varchar(255) NOT NULL,
    "token"      varchar(64) NOT NULL,
    "expiresAt"  timestamp NOT NULL,
    "accepteLe"  timestamp,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

-- service-referentiel -------------------------------------------------------------------------------------------------

CREATE TABLE transporteur_compte (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "type"            transporteur_compte_type_enum NOT NULL,
    "numeroCompte"    varchar(50) NOT NULL,
    "actif"           boolean NOT NULL DEFAULT false,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE periode_facturation (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "mois"       integer NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE facturation_par (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE referentiel_statut_client (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "ordre"      integer NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE referentiel_emission_facture (
    "id"           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"         varchar(30) NOT NULL,
    "libelle"      varchar(100) NOT NULL,
    "description"  text,
    "createdAt"    timestamp NOT NULL DEFAULT now(),
    "updatedAt"    timestamp NOT NULL DEFAULT now()
);

CREATE TABLE condition_paiement (
    "id"          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"        varchar(30) NOT NULL,
    "libelle"     varchar(100) NOT NULL,
    "delaiJours"  integer NOT NULL,
    "finDeMois"   boolean NOT NULL DEFAULT false,
    "createdAt"   timestamp NOT NULL DEFAULT now(),
    "updatedAt"   timestamp NOT NULL DEFAULT now()
);

-- service-relance -----------------------------------------------------------------------------------------------------

CREATE TABLE regle_relance (
    "id"                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"      uuid NOT NULL,
    "nom"                 varchar(150) NOT NULL,
    "joursApresEcheance"  integer NOT NULL,
    "canal"               canal_relance_enum NOT NULL,
    "modele"              text,
    "actif"               boolean NOT NULL DEFAULT false,
    "createdAt"           timestamp NOT NULL DEFAULT now(),
    "updatedAt"           timestamp NOT NULL DEFAULT now()
);

CREATE TABLE historique_relance (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "regleRelanceId"  uuid NOT NULL,
    "factureId"       uuid NOT NULL,
    "clientBaseId"    uuid NOT NULL,
    "canal"           canal_relance_enum NOT NULL,
    "envoyeLe"        timestamp NOT NULL,
    "resultat"        varchar(50),
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

-- service-payments ----------------------------------------------------------------------------------------------------

CREATE TABLE stripe_account (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "accountId"       varchar(64) NOT NULL,
    "secretHash"      varchar(128) NOT NULL,
    "livemode"        boolean NOT NULL DEFAULT false,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE paypal_account (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "merchantId"      varchar(64) NOT NULL,
    "secretHash"      varchar(128) NOT NULL,
    "actif"           boolean NOT NULL DEFAULT false,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE gocardless_account (
    "id"               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"   uuid NOT NULL,
    "creancierId"      varchar(64) NOT NULL,
    "accessTokenHash"  varchar(128) NOT NULL,
    "actif"            boolean NOT NULL DEFAULT false,
    "createdAt"        timestamp NOT NULL DEFAULT now(),
    "updatedAt"        timestamp NOT NULL DEFAULT now()
);

CREATE TABLE gocardless_mandate (
    "id"                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "gocardlessAccountId"  uuid NOT NULL,
    "clientBaseId"         uuid NOT NULL,
    "mandateRef"           varchar(64) NOT NULL,
    "iban"                 varchar(34) NOT NULL,
    "bic"                  varchar(11),
    "statut"               gocardless_mandate_statut_enum NOT NULL,
    "signeLe"              timestamp,
    "createdAt"            timestamp NOT NULL DEFAULT now(),
    "updatedAt"            timestamp NOT NULL DEFAULT now()
);

CREATE TABLE schedule (
    "id"                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"     uuid NOT NULL,
    "contratId"          uuid NOT NULL,
    "clientBaseId"       uuid NOT NULL,
    "montant"            numeric(12, 2) NOT NULL,
    "frequence"          schedule_frequence_enum NOT NULL,
    "prochaineEcheance"  date,
    "actif"              boolean NOT NULL DEFAULT false,
    "createdAt"          timestamp NOT NULL DEFAULT now(),
    "updatedAt"          timestamp NOT NULL DEFAULT now()
);

CREATE TABLE payment_intent (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "scheduleId"      uuid,
    "factureId"       uuid,
    "provider"        payment_provider_enum NOT NULL,
    "fournisseurRef"  varchar(80),
    "montant"         numeric(12, 2) NOT NULL,
    "devise"          varchar(3) NOT NULL,
    "statut"          payment_intent_statut_enum NOT NULL,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE payment_event (
    "id"               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "paymentIntentId"  uuid NOT NULL,
    "type"             varchar(80) NOT NULL,
    "payload"          jsonb NOT NULL DEFAULT '{}',
    "recuLe"           timestamp NOT NULL,
    "createdAt"        timestamp NOT NULL DEFAULT now(),
    "updatedAt"        timestamp NOT NULL DEFAULT now()
);

-- service-products ----------------------------------------------------------------------------------------------------

CREATE TABLE gamme (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "parentId"        uuid,
    "nom"             varchar(150) NOT NULL,
    "code"            varchar(50) NOT NULL,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE produit (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "gammeId"         uuid,
    "sku"             varchar(64) NOT NULL,
    "nom"             varchar(200) NOT NULL,
    "description"     text,
    "attributs"       jsonb NOT NULL DEFAULT '{}',
    "actif"           boolean NOT NULL DEFAULT false,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE grille_tarifaire (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "nom"             varchar(150) NOT NULL,
    "dateDebut"       date NOT NULL,
    "dateFin"         date,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE prix_produit (
    "id"                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "grilleTarifaireId"  uuid NOT NULL,
    "produitId"          uuid NOT NULL,
    "prixHt"             numeric(12, 4) NOT NULL,
    "devise"             varchar(3) NOT NULL,
    "tauxTva"            numeric(5, 2) NOT NULL,
    "createdAt"          timestamp NOT NULL DEFAULT now(),
    "updatedAt"          timestamp NOT NULL DEFAULT now()
);

-- service-organisations -----------------------------------------------------------------------------------------------

CREATE TABLE organisation (
    "id"          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "nom"         varchar(200) NOT NULL,
    "siret"       varchar(14),
    "pays"        varchar(2) NOT NULL,
    "parametres"  jsonb NOT NULL DEFAULT '{}',
    "actif"       boolean NOT NULL DEFAULT false,
    "createdAt"   timestamp NOT NULL DEFAULT now(),
    "updatedAt"   timestamp NOT NULL DEFAULT now()
);

CREATE TABLE societe (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "raisonSociale"   varchar(200) NOT NULL,
    "siren"           varchar(9),
    "adresse"         text,
    "iban"            varchar(34),
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE statut_partenaire (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE theme_marque (
    "id"                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"     uuid NOT NULL,
    "nom"                varchar(100) NOT NULL,
    "couleurPrimaire"    varchar(7) NOT NULL,
    "couleurSecondaire"  varchar(7),
    "logoUrl"            varchar(255),
    "createdAt"          timestamp NOT NULL DEFAULT now(),
    "updatedAt"          timestamp NOT NULL DEFAULT now()
);

CREATE TABLE partenaire_marque_blanche (
    "id"                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"      uuid NOT NULL,
    "statutPartenaireId"  uuid NOT NULL,
    "themeMarqueId"       uuid,
    "nom"                 varchar(150) NOT NULL,
    "siteUrl"             varchar(255),
    "createdAt"           timestamp NOT NULL DEFAULT now(),
    "updatedAt"           timestamp NOT NULL DEFAULT now()
);

CREATE TABLE role_partenaire (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "droits"     text[] NOT NULL DEFAULT '{}',
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE membre_partenaire (
    "id"                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "partenaireMarqueBlancheId"  uuid NOT NULL,
    "utilisateurId"              uuid NOT NULL,
    "rolePartenaireId"           uuid NOT NULL,
    "actif"                      boolean NOT NULL DEFAULT false,
    "createdAt"                  timestamp NOT NULL DEFAULT now(),
    "updatedAt"                  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE organisations_invitation_compte (
    "id"                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"    uuid NOT NULL,
    "rolePartenaireId"  uuid,
    "email"             varchar(255) NOT NULL,
    "token"             varchar(64) NOT NULL,
    "expiresAt"         timestamp NOT NULL,
    "createdAt"         timestamp NOT NULL DEFAULT now(),
    "updatedAt"         timestamp NOT NULL DEFAULT now()
);

-- service-logistics ---------------------------------------------------------------------------------------------------

CREATE TABLE carrier_account (
    "id"                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"        uuid NOT NULL,
    "transporteurCompteId"  uuid,
    "libelle"               varchar(100) NOT NULL,
    "identifiant"           varchar(80) NOT NULL,
    "actif"                 boolean NOT NULL DEFAULT false,
    "createdAt"             timestamp NOT NULL DEFAULT now(),
    "updatedAt"             timestamp NOT NULL DEFAULT now()
);

CREATE TABLE expedition (
    "id"                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"    uuid NOT NULL,
    "carrierAccountId"  uuid NOT NULL,
    "clientBaseId"      uuid NOT NULL,
    "contratId"         uuid,
    "reference"         varchar(50) NOT NULL,
    "statut"            expedition_statut_enum NOT NULL,
    "expedieeLe"        timestamp,
    "createdAt"         timestamp NOT NULL DEFAULT now(),
    "updatedAt"         timestamp NOT NULL DEFAULT now()
);

CREATE TABLE colis (
    "id"            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "expeditionId"  uuid NOT NULL,
    "numeroSuivi"   varchar(50) NOT NULL,
    "poidsKg"       numeric(8, 3) NOT NULL,
    "createdAt"     timestamp NOT NULL DEFAULT now(),
    "updatedAt"     timestamp NOT NULL DEFAULT now()
);

CREATE TABLE tracking_event (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "colisId"    uuid NOT NULL,
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(150),
    "ville"      varchar(100),
    "survenuLe"  timestamp NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

-- service-notifications -----------------------------------------------------------------------------------------------

CREATE TABLE notification (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "utilisateurId"   uuid,
    "type"            notification_type_enum NOT NULL,
    "titre"           varchar(200) NOT NULL,
    "message"         text,
    "metadata"        jsonb,
    "luLe"            timestamp,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

-- service-factures ----------------------------------------------------------------------------------------------------

CREATE TABLE statut_facture (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "ordre"      integer NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE factures_emission_facture (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE facture_settings (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "societeId"       uuid NOT NULL,
    "prefixeNumero"   varchar(12) NOT NULL,
    "prochainNumero"  integer NOT NULL,
    "mentions"        text,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE facture (
    "id"                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"       uuid NOT NULL,
    "societeId"            uuid,
    "clientBaseId"         uuid NOT NULL,
    "contratId"            uuid,
    "statutFactureId"      uuid NOT NULL,
    "emissionFactureId"    uuid,
    "conditionPaiementId"  uuid,
    "factureOrigineId"     uuid,
    "numero"               varchar(50) NOT NULL,
    "dateEmission"         date NOT NULL,
    "dateEcheance"         date,
    "totalHt"              numeric(14, 2) NOT NULL,
    "totalTva"             numeric(14, 2) NOT NULL,
    "totalTtc"             numeric(14, 2) GENERATED ALWAYS AS ("totalHt" + "totalTva") STORED,
    "notes"                text,
    "createdAt"            timestamp NOT NULL DEFAULT now(),
    "updatedAt"            timestamp NOT NULL DEFAULT now()
);

CREATE TABLE ligne_facture (
    "id"            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "factureId"     uuid NOT NULL,
    "produitId"     uuid,
    "designation"   varchar(255) NOT NULL,
    "quantite"      numeric(12, 3) NOT NULL,
    "prixUnitaire"  numeric(12, 4) NOT NULL,
    "tauxTva"       numeric(5, 2) NOT NULL,
    "createdAt"     timestamp NOT NULL DEFAULT now(),
    "updatedAt"     timestamp NOT NULL DEFAULT now()
);

CREATE TABLE invoice (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "clientBaseId"    uuid NOT NULL,
    "invoiceNumber"   varchar(50) NOT NULL,
    "status"          invoice_status_enum NOT NULL,
    "issueDate"       date NOT NULL,
    "dueDate"         date,
    "total"           numeric(14, 2) NOT NULL,
    "currency"        varchar(3) NOT NULL,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE invoice_item (
    "id"           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "invoiceId"    uuid NOT NULL,
    "description"  text,
    "quantity"     numeric(12, 3) NOT NULL,
    "unitPrice"    numeric(12, 4) NOT NULL,
    "position"     integer NOT NULL,
    "createdAt"    timestamp NOT NULL DEFAULT now(),
    "updatedAt"    timestamp NOT NULL DEFAULT now()
);

-- service-email -------------------------------------------------------------------------------------------------------

CREATE TABLE mailbox (
    "id"                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"    uuid NOT NULL,
    "utilisateurId"     uuid NOT NULL,
    "provider"          mailbox_provider_enum NOT NULL,
    "email"             varchar(255) NOT NULL,
    "accessTokenHash"   varchar(128),
    "refreshTokenHash"  varchar(128),
    "derniereSynchro"   timestamp,
    "createdAt"         timestamp NOT NULL DEFAULT now(),
    "updatedAt"         timestamp NOT NULL DEFAULT now()
);

-- service-documents ---------------------------------------------------------------------------------------------------

CREATE TABLE boite_mail (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "utilisateurId"   uuid,
    "email"           varchar(255) NOT NULL,
    "libelle"         varchar(100),
    "actif"           boolean NOT NULL DEFAULT false,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE piece_jointe (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "boiteMailId"     uuid,
    "factureId"       uuid,
    "contratId"       uuid,
    "titre"           varchar(255) NOT NULL,
    "mimeType"        varchar(100) NOT NULL,
    "taille"          integer NOT NULL,
    "contenu"         bytea,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

-- service-contrats ----------------------------------------------------------------------------------------------------

CREATE TABLE statut_contrat (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "ordre"      integer NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE contrat (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "clientBaseId"    uuid NOT NULL,
    "apporteurId"     uuid,
    "statutId"        uuid NOT NULL,
    "reference"       varchar(50) NOT NULL,
    "dateDebut"       date NOT NULL,
    "dateFin"         date,
    "montantHt"       numeric(14, 2) NOT NULL,
    "donnees"         jsonb NOT NULL DEFAULT '{}',
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE ligne_contrat (
    "id"                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "contratId"             uuid NOT NULL,
    "produitId"             uuid NOT NULL,
    "periodeFacturationId"  uuid NOT NULL,
    "facturationParId"      uuid,
    "quantite"              numeric(12, 3) NOT NULL,
    "prixUnitaire"          numeric(12, 4) NOT NULL,
    "createdAt"             timestamp NOT NULL DEFAULT now(),
    "updatedAt"             timestamp NOT NULL DEFAULT now()
);

CREATE TABLE historique_statut_contrat (
    "id"               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "contratId"        uuid NOT NULL,
    "ancienStatutId"   uuid,
    "nouveauStatutId"  uuid NOT NULL,
    "utilisateurId"    uuid,
    "commentaire"      text,
    "changeLe"         timestamp NOT NULL,
    "createdAt"        timestamp NOT NULL DEFAULT now(),
    "updatedAt"        timestamp NOT NULL DEFAULT now()
);

CREATE TABLE orchestration_history (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "contratId"  uuid NOT NULL,
    "etape"      varchar(80) NOT NULL,
    "statut"     varchar(30) NOT NULL,
    "erreur"     text,
    "payload"    jsonb NOT NULL DEFAULT '{}',
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

-- service-commission --------------------------------------------------------------------------------------------------

CREATE TABLE statut_commission (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE commission_bareme_commission (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "nom"             varchar(150) NOT NULL,
    "typeCalcul"      bareme_type_calcul_enum NOT NULL,
    "dateEffet"       date NOT NULL,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE commission_palier_commission (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "baremeId"   uuid NOT NULL,
    "seuilMin"   numeric(12, 2) NOT NULL,
    "seuilMax"   numeric(12, 2),
    "taux"       numeric(5, 2) NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE commission (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "apporteurId"     uuid NOT NULL,
    "contratId"       uuid NOT NULL,
    "baremeId"        uuid,
    "statutId"        uuid NOT NULL,
    "montant"         numeric(12, 2) NOT NULL,
    "periode"         varchar(7) NOT NULL,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE bordereau_commission (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "apporteurId"     uuid NOT NULL,
    "numero"          varchar(50) NOT NULL,
    "periode"         varchar(7) NOT NULL,
    "total"           numeric(14, 2) NOT NULL,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE ligne_bordereau (
    "id"            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "bordereauId"   uuid NOT NULL,
    "commissionId"  uuid NOT NULL,
    "montant"       numeric(12, 2) NOT NULL,
    "createdAt"     timestamp NOT NULL DEFAULT now(),
    "updatedAt"     timestamp NOT NULL DEFAULT now()
);

CREATE TABLE reprise_commission (
    "id"                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "commissionOrigineId"  uuid NOT NULL,
    "contratId"            uuid NOT NULL,
    "montant"              numeric(12, 2) NOT NULL,
    "motif"                text,
    "dateReprise"          date NOT NULL,
    "createdAt"            timestamp NOT NULL DEFAULT now(),
    "updatedAt"            timestamp NOT NULL DEFAULT now()
);

-- service-commerciaux -------------------------------------------------------------------------------------------------

CREATE TABLE modele_distribution (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "code"            varchar(50) NOT NULL,
    "nom"             varchar(150) NOT NULL,
    "taux"            numeric(5, 2),
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE commerciaux_bareme_commission (
    "id"                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"        uuid NOT NULL,
    "modeleDistributionId"  uuid,
    "nom"                   varchar(150) NOT NULL,
    "typeCalcul"            bareme_type_calcul_enum NOT NULL,
    "createdAt"             timestamp NOT NULL DEFAULT now(),
    "updatedAt"             timestamp NOT NULL DEFAULT now()
);

CREATE TABLE commerciaux_palier_commission (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "baremeId"   uuid NOT NULL,
    "seuil"      numeric(12, 2) NOT NULL,
    "taux"       numeric(5, 2) NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE apporteur (
    "id"                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"        uuid NOT NULL,
    "utilisateurId"         uuid,
    "modeleDistributionId"  uuid,
    "parentId"              uuid,
    "prenom"                varchar(100),
    "nom"                   varchar(100) NOT NULL,
    "email"                 varchar(255),
    "telephone"             varchar(30),
    "actif"                 boolean NOT NULL DEFAULT false,
    "createdAt"             timestamp NOT NULL DEFAULT now(),
    "updatedAt"             timestamp NOT NULL DEFAULT now()
);

-- service-clients -----------------------------------------------------------------------------------------------------

CREATE TABLE clients_statut_client (
    "id"         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "code"       varchar(30) NOT NULL,
    "libelle"    varchar(100) NOT NULL,
    "createdAt"  timestamp NOT NULL DEFAULT now(),
    "updatedAt"  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE client_base (
    "id"                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"       uuid NOT NULL,
    "statutId"             uuid NOT NULL,
    "conditionPaiementId"  uuid,
    "type"                 client_base_type_enum NOT NULL,
    "email"                varchar(255),
    "telephone"            varchar(30),
    "notes"                text,
    "deletedAt"            timestamp,
    "createdAt"            timestamp NOT NULL DEFAULT now(),
    "updatedAt"            timestamp NOT NULL DEFAULT now()
);

CREATE TABLE client_entreprise (
    "id"             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "clientBaseId"   uuid NOT NULL,
    "raisonSociale"  varchar(200) NOT NULL,
    "siret"          varchar(14),
    "numeroTva"      varchar(20),
    "createdAt"      timestamp NOT NULL DEFAULT now(),
    "updatedAt"      timestamp NOT NULL DEFAULT now()
);

CREATE TABLE client_partenaire (
    "id"                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "clientBaseId"               uuid NOT NULL,
    "partenaireMarqueBlancheId"  uuid NOT NULL,
    "createdAt"                  timestamp NOT NULL DEFAULT now(),
    "updatedAt"                  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE adresse (
    "id"            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "clientBaseId"  uuid NOT NULL,
    "ligne1"        varchar(255) NOT NULL,
    "ligne2"        varchar(255),
    "codePostal"    varchar(10) NOT NULL,
    "ville"         varchar(100) NOT NULL,
    "pays"          varchar(2) NOT NULL,
    "principale"    boolean NOT NULL DEFAULT false,
    "createdAt"     timestamp NOT NULL DEFAULT now(),
    "updatedAt"     timestamp NOT NULL DEFAULT now()
);

-- service-activites ---------------------------------------------------------------------------------------------------

CREATE TABLE type_activite (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "code"            varchar(30) NOT NULL,
    "libelle"         varchar(100) NOT NULL,
    "couleur"         varchar(7),
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE activite (
    "id"              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "organisationId"  uuid NOT NULL,
    "clientId"        uuid,
    "assigneeId"      uuid,
    "typeActiviteId"  uuid NOT NULL,
    "sujet"           varchar(200) NOT NULL,
    "description"     text,
    "dateActivite"    timestamp NOT NULL,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now()
);

CREATE TABLE tache (
    "id"          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "activiteId"  uuid NOT NULL,
    "assigneeId"  uuid,
    "titre"       varchar(200) NOT NULL,
    "priorite"    tache_priorite_enum NOT NULL,
    "echeance"    date,
    "faite"       boolean NOT NULL DEFAULT false,
    "createdAt"   timestamp NOT NULL DEFAULT now(),
    "updatedAt"   timestamp NOT NULL DEFAULT now()
);

CREATE TABLE evenement_suivi (
    "id"          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "activiteId"  uuid NOT NULL,
    "type"        varchar(50) NOT NULL,
    "payload"     jsonb,
    "survenuLe"   timestamp NOT NULL,
    "createdAt"   timestamp NOT NULL DEFAULT now(),
    "updatedAt"   timestamp NOT NULL DEFAULT now()
);
