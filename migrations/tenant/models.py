"""The schema of a company's database: its customers, articles, orders, stock and history.

Every row belongs to one company. societe_id stays nevertheless: queries of the monolith's application go on working,
and a row that strayed would show. What pointed into AUTH or SHARED (created_by, user_id, material_id, societe_id) is a
plain column here: its foreign key cannot cross databases.

What SQLAlchemy cannot say (types, partitions, functions, triggers, views, policies, grants) is in the revisions alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    BYTEA,
    DATERANGE,
    DOMAIN,
    ENUM,
    JSONB,
    TSVECTOR,
    UUID,
    ExcludeConstraint,
)

metadata = sa.MetaData()

AdresseEmail = DOMAIN("adresse_email", sa.Text, create_type=False)
NumeroSiret = DOMAIN("numero_siret", sa.Text, create_type=False)
Montant = DOMAIN("montant", sa.Numeric(14, 2), create_type=False)
StatutCommande = ENUM(
    "brouillon", "confirmee", "en_production", "livree", "annulee", name="statut_commande", create_type=False
)
StatutFacture = ENUM("emise", "payee", "en_retard", name="statut_facture", create_type=False)
SensMouvement = ENUM("entree", "sortie", "inventaire", name="sens_mouvement", create_type=False)
CanalNotification = ENUM("email", "sms", "application", name="canal_notification", create_type=False)

Instant = sa.DateTime(timezone=True)
NOW = sa.text("now()")
# Quotes and orders draw their numbers from one sequence: a customer never sees the same number twice.
NEXT_NUMBER = sa.text("nextval('numero_piece_seq'::regclass)")


# -- customers, suppliers, articles -----------------------------------------------------------------------------------

units = sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("libelle", sa.Text, nullable=False),
    sa.Column("facteur", sa.Numeric, server_default=sa.text("1"), nullable=False),
    comment="A copy of SHARED's: maintained there",
)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("raison_sociale", sa.Text, nullable=False),
    sa.Column("siret", NumeroSiret),
    sa.Column("email", AdresseEmail),
    sa.Column("adresse", JSONB, server_default="{}", nullable=False),
    sa.Column("plafond_credit", Montant),
    sa.Column("notes", sa.Text),
    sa.Column("premiere_commande", sa.Date),
    sa.Column(
        "recherche",
        TSVECTOR,
        sa.Computed("to_tsvector('french'::regconfig, raison_sociale || ' ' || coalesce(notes, ''))", persisted=True),
        comment="Full text over name and notes, maintained by the server",
    ),
    sa.Column(
        "portail", sa.Boolean, server_default=sa.false(), nullable=False, comment="New: may log in to the portal"
    ),
    sa.Column("created_by", sa.BigInteger, comment="users.id in AUTH"),
    sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    sa.Column("updated_at", Instant, server_default=NOW, nullable=False),
    sa.Column("deleted_at", Instant),
    sa.UniqueConstraint("societe_id", "code"),
    sa.Index("clients_recherche_idx", "recherche", postgresql_using="gin"),
    sa.Index("clients_actifs_idx", "societe_id", "raison_sociale", postgresql_where=sa.text("deleted_at IS NULL")),
    comment="Customers of the company",
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("client_id", sa.BigInteger, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("nom", sa.Text, nullable=False),
    sa.Column("email", AdresseEmail),
    sa.Column("telephone", sa.Text),
    sa.Column("principal", sa.Boolean, server_default=sa.false(), nullable=False),
    sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    sa.Index("contacts_client_id_idx", "client_id"),
)

fournisseurs = sa.Table(
    "fournisseurs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("raison_sociale", sa.Text, nullable=False),
    sa.Column("delai_jours", sa.SmallInteger),
    sa.Column("notes", sa.Text),
    sa.UniqueConstraint("societe_id", "code"),
)

categories = sa.Table(
    "categories",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("societe_id", sa.Integer, comment="NULL: a standard category, the same in every company"),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("categories.id")),
    sa.Column("libelle", sa.Text, nullable=False),
)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("reference", sa.Text(collation="C"), nullable=False),
    sa.Column("designation", sa.Text, nullable=False),
    sa.Column("categorie_id", sa.Integer, sa.ForeignKey("categories.id"), nullable=False),
    sa.Column("parent_id", sa.BigInteger, sa.ForeignKey("articles.id")),
    sa.Column("material_id", sa.Integer, comment="shared_materials.id in SHARED"),
    sa.Column("unite_code", sa.Text, sa.ForeignKey("units.code", onupdate="CASCADE"), nullable=False),
    sa.Column("fournisseur_id", sa.BigInteger, sa.ForeignKey("fournisseurs.id")),
    sa.Column("prix_unitaire", Montant, nullable=False, comment="prix in the monolith"),
    sa.Column("poids_kg", sa.Numeric(12, 3)),
    sa.Column("mots_cles", ARRAY(sa.Text), server_default="{}", nullable=False),
    sa.Column("caracteristiques", JSONB, server_default="{}", nullable=False),
    sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    sa.Column("updated_at", Instant, server_default=NOW, nullable=False),
    sa.Column("deleted_at", Instant),
    sa.UniqueConstraint("societe_id", "reference"),
    sa.Index("articles_reference_normalisee_idx", "societe_id", sa.text("normaliser_reference(reference)")),
    sa.Index(
        "articles_caracteristiques_idx",
        "caracteristiques",
        postgresql_using="gin",
        postgresql_ops={"caracteristiques": "jsonb_path_ops"},
    ),
)

nomenclatures = sa.Table(
    "nomenclatures",
    metadata,
    sa.Column("article_id", sa.BigInteger, sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("composant_id", sa.BigInteger, sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("quantite", sa.Numeric(12, 4), nullable=False),
    sa.CheckConstraint("quantite > 0", name="nomenclatures_quantite_check"),
    sa.CheckConstraint("article_id <> composant_id", name="nomenclatures_check"),
)

exercices = sa.Table(
    "exercices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("libelle", sa.Text, nullable=False),
    sa.Column("periode", DATERANGE, nullable=False),
    sa.Column("cloture", sa.Boolean, server_default=sa.false(), nullable=False),
    # One company, one sequence of fiscal years: societe_id needs no part in it any more.
    ExcludeConstraint(("periode", "&&"), using="gist", name="exercices_sans_chevauchement"),
)

# -- quotes, orders, deliveries, invoices, payments -------------------------------------------------------------------

devis = sa.Table(
    "devis",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("client_id", sa.BigInteger, sa.ForeignKey("clients.id"), nullable=False),
    sa.Column("numero", sa.BigInteger, server_default=NEXT_NUMBER, nullable=False),
    sa.Column("objet", sa.Text, nullable=False),
    sa.Column("statut", sa.Text, server_default="ouvert", nullable=False),
    sa.Column("montant_ht", Montant, server_default=sa.text("0"), nullable=False),
    sa.Column("valable_jusqu_au", sa.Date),
    sa.Column("created_by", sa.BigInteger, comment="users.id in AUTH"),
    sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    sa.UniqueConstraint("societe_id", "numero"),
    sa.CheckConstraint("statut IN ('ouvert', 'accepte', 'refuse')", name="devis_statut_check"),
    sa.Index("devis_client_id_idx", "client_id"),
)

devis_lignes = sa.Table(
    "devis_lignes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("devis_id", sa.BigInteger, sa.ForeignKey("devis.id", ondelete="CASCADE"), nullable=False),
    sa.Column("rang", sa.SmallInteger, nullable=False),
    sa.Column("material_id", sa.Integer, comment="shared_materials.id in SHARED"),
    sa.Column("designation", sa.Text, nullable=False),
    sa.Column("quantite", sa.Numeric(12, 3), nullable=False),
    sa.Column("prix_unitaire", Montant, nullable=False),
    sa.UniqueConstraint("devis_id", "rang"),
)

commandes = sa.Table(
    "commandes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("client_id", sa.BigInteger, sa.ForeignKey("clients.id"), nullable=False),
    sa.Column("devis_id", sa.BigInteger, sa.ForeignKey("devis.id")),
    sa.Column(
        "facture_acompte_id",
        sa.BigInteger,
        sa.ForeignKey("factures.id", deferrable=True, initially="DEFERRED", use_alter=True),
    ),
    sa.Column("numero", sa.BigInteger, server_default=NEXT_NUMBER, nullable=False),
    sa.Column("reference_client", sa.Text),
    sa.Column("statut", StatutCommande, server_default="brouillon", nullable=False),
    sa.Column("montant_ht", Montant, server_default=sa.text("0"), nullable=False),
    sa.Column("date_commande", sa.Date, nullable=False),
    sa.Column("created_by", sa.BigInteger, comment="users.id in AUTH"),
    sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    sa.Column("updated_at", Instant, server_default=NOW, nullable=False),
    sa.Column("deleted_at", Instant),
    sa.UniqueConstraint("societe_id", "numero"),
    sa.Index("commandes_client_id_idx", "client_id"),
    sa.Index("commandes_date_idx", "societe_id", sa.text("date_commande DESC"), postgresql_include=["montant_ht"]),
)

commande_lignes = sa.Table(
    "commande_lignes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("commande_id", sa.BigInteger, sa.ForeignKey("commandes.id", ondelete="CASCADE"), nullable=False),
    sa.Column("order", sa.SmallInteger, nullable=False, comment="Position of the line in its order"),
    sa.Column("article_id", sa.BigInteger, sa.ForeignKey("articles.id"), nullable=False),
    sa.Column("designation", sa.Text),
    sa.Column("quantite", sa.Numeric(12, 3), nullable=False),
    sa.Column("prix_unitaire", Montant, nullable=False),
    sa.Column("total", sa.Numeric, sa.Computed("quantite * prix_unitaire", persisted=True)),
    sa.UniqueConstraint("commande_id", "order"),
    sa.Index("commande_lignes_article_id_idx", "article_id"),
)

livraisons = sa.Table(
    "livraisons",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("commande_id", sa.BigInteger, sa.ForeignKey("commandes.id"), nullable=False),
    sa.Column("bordereau", sa.Text, nullable=False, unique=True),
    sa.Column("transporteur", sa.Text),
    sa.Column("expediee_le", Instant, nullable=False),
    sa.Column("recue_le", Instant),
    sa.Index("livraisons_commande_id_idx", "commande_id"),
)

livraison_lignes = sa.Table(
    "livraison_lignes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("livraison_id", sa.BigInteger, sa.ForeignKey("livraisons.id", ondelete="CASCADE"), nullable=False),
    sa.Column("commande_ligne_id", sa.BigInteger, sa.ForeignKey("commande_lignes.id"), nullable=False),
    sa.Column("quantite", sa.Numeric(12, 3), nullable=False),
    sa.Index("livraison_lignes_livraison_id_idx", "livraison_id"),
)

certificats_matiere = sa.Table(
    "certificats_matiere",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("livraison_ligne_id", sa.BigInteger, sa.ForeignKey("livraison_lignes.id"), nullable=False),
    sa.Column("coulee", sa.Text, nullable=False),
    sa.Column("limite_elastique", sa.Double),
    sa.Column("composition", JSONB, server_default="{}", nullable=False),
    sa.Column("contenu", BYTEA),
)

factures = sa.Table(
    "factures",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column(
        "commande_id",
        sa.BigInteger,
        sa.ForeignKey("commandes.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    sa.Column("numero", sa.Text, nullable=False),
    sa.Column("statut", StatutFacture, server_default="emise", nullable=False),
    sa.Column("emise_le", sa.Date, nullable=False),
    sa.Column("echeance", sa.Date, nullable=False),
    sa.Column("total_ttc", Montant, nullable=False),
    sa.CheckConstraint("echeance >= emise_le", name="factures_check"),
    sa.Index("factures_commande_id_idx", "commande_id"),
)

facture_lignes = sa.Table(
    "facture_lignes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("facture_id", sa.BigInteger, sa.ForeignKey("factures.id", ondelete="CASCADE"), nullable=False),
    sa.Column("rang", sa.SmallInteger, nullable=False),
    sa.Column("designation", sa.Text, nullable=False),
    sa.Column("quantite", sa.Numeric(12, 3), nullable=False),
    sa.Column("prix_unitaire", Montant, nullable=False),
    sa.Column("taux_tva", sa.Numeric(4, 2), server_default=sa.text("20"), nullable=False),
    sa.UniqueConstraint("facture_id", "rang"),
)

paiements = sa.Table(
    "paiements",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("facture_id", sa.BigInteger, sa.ForeignKey("factures.id"), nullable=False),
    sa.Column("montant", Montant, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("recu_le", Instant, nullable=False),
    sa.Index("paiements_facture_id_idx", "facture_id"),
)

rapprochements = sa.Table(
    "rapprochements",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("paiement_id", sa.BigInteger, sa.ForeignKey("paiements.id"), nullable=False),
    sa.Column("releve", sa.Text, nullable=False),
    sa.Column("ecart", sa.Numeric, server_default=sa.text("0"), nullable=False),
)

# -- stock and purchases ----------------------------------------------------------------------------------------------

depots = sa.Table(
    "depots",
    metadata,
    sa.Column("societe_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("libelle", sa.Text, nullable=False),
)

stocks = sa.Table(
    "stocks",
    metadata,
    sa.Column("societe_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("depot_code", sa.Text, primary_key=True),
    sa.Column("article_id", sa.BigInteger, sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("quantite", sa.Numeric(14, 3), server_default=sa.text("0"), nullable=False),
    sa.Column("seuil", sa.Numeric(14, 3)),
    sa.Column("updated_at", Instant, server_default=NOW, nullable=False),
    sa.ForeignKeyConstraint(["societe_id", "depot_code"], ["depots.societe_id", "depots.code"]),
    postgresql_with={"fillfactor": 80},
)

stock_mouvements = sa.Table(
    "stock_mouvements",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("depot_code", sa.Text, nullable=False),
    sa.Column("article_id", sa.BigInteger, nullable=False),
    sa.Column("date_mouvement", sa.Date, primary_key=True),
    sa.Column("sens", SensMouvement, nullable=False),
    sa.Column("quantite", sa.Numeric(14, 3), nullable=False),
    sa.Column("origine", JSONB),
    sa.ForeignKeyConstraint(
        ["societe_id", "depot_code", "article_id"],
        ["stocks.societe_id", "stocks.depot_code", "stocks.article_id"],
    ),
    sa.Index("stock_mouvements_stock_idx", "societe_id", "depot_code", "article_id"),
    comment="Every movement of stock, one partition per year",
    postgresql_partition_by="RANGE (date_mouvement)",
)

bons_de_commande = sa.Table(
    "bons_de_commande",
    metadata,
    sa.Column("id", UUID, server_default=sa.text("gen_random_uuid()"), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("fournisseur_id", sa.BigInteger, sa.ForeignKey("fournisseurs.id"), nullable=False),
    sa.Column("numero", sa.Text, nullable=False),
    sa.Column("envoye_le", sa.DateTime),
    sa.Column("lignes", JSONB, server_default="[]", nullable=False),
    sa.Column("montant_total", sa.Numeric(14, 2), server_default=sa.text("0"), nullable=False),
    comment='"BonDeCommande" in the monolith',
)

# -- documents, notifications, settings, history ----------------------------------------------------------------------

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("client_id", sa.BigInteger, sa.ForeignKey("clients.id")),
    sa.Column("nom", sa.Text, nullable=False),
    sa.Column("type_mime", sa.Text, server_default="application/pdf", nullable=False),
    sa.Column("date_document", sa.Date),
    sa.Column("contenu", BYTEA),
    sa.Column("created_by", sa.BigInteger, comment="users.id in AUTH"),
    sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    sa.Column("deleted_at", Instant),
)

notifications = sa.Table(
    "notifications",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("user_id", sa.BigInteger, nullable=False, comment="users.id in AUTH"),
    sa.Column("canal", CanalNotification, server_default="application", nullable=False),
    sa.Column("titre", sa.Text, nullable=False),
    sa.Column("lue_le", Instant),
    sa.Column("created_at", Instant, server_default=NOW, nullable=False),
)

parametres = sa.Table(
    "parametres",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("cle", sa.Text, nullable=False),
    sa.Column("valeur", JSONB, nullable=False),
    sa.Column("valable_jusqua", Instant, server_default="infinity", nullable=False),
    sa.UniqueConstraint("societe_id", "cle"),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("objet", sa.Text, nullable=False),
    sa.Column("objet_id", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("avant", JSONB),
    sa.Column("apres", JSONB),
    sa.Column("user_id", sa.BigInteger, comment="users.id in AUTH"),
    sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    sa.Index("audit_log_created_at_idx", "created_at", postgresql_using="brin"),
)
