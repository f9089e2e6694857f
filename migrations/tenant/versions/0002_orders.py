"""Quotes, orders, deliveries, invoices and payments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, DOMAIN, ENUM, JSONB

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

Montant = DOMAIN("montant", sa.Numeric(14, 2), create_type=False)
StatutCommande = ENUM(name="statut_commande", create_type=False)
StatutFacture = ENUM(name="statut_facture", create_type=False)
Instant = sa.DateTime(timezone=True)
NOW = sa.text("now()")
NEXT_NUMBER = sa.text("nextval('numero_piece_seq')")


def upgrade() -> None:
    op.execute("CREATE TYPE statut_commande AS ENUM ('brouillon', 'confirmee', 'en_production', 'livree', 'annulee')")
    op.execute("CREATE TYPE statut_facture AS ENUM ('emise', 'payee', 'en_retard')")
    # Quotes and orders draw their numbers from one sequence: a customer never sees the same number twice.
    op.execute("CREATE SEQUENCE numero_piece_seq")
    op.execute("COMMENT ON SEQUENCE numero_piece_seq IS 'Numbers of quotes and orders'")

    op.create_table(
        "devis",
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
    )
    op.create_index("devis_client_id_idx", "devis", ["client_id"])
    op.create_table(
        "devis_lignes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("devis_id", sa.BigInteger, sa.ForeignKey("devis.id", ondelete="CASCADE"), nullable=False),
        sa.Column("rang", sa.SmallInteger, nullable=False),
        sa.Column("material_id", sa.Integer, comment="shared_materials.id in SHARED"),
        sa.Column("designation", sa.Text, nullable=False),
        sa.Column("quantite", sa.Numeric(12, 3), nullable=False),
        sa.Column("prix_unitaire", Montant, nullable=False),
        sa.UniqueConstraint("devis_id", "rang"),
    )
    op.create_table(
        "commandes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("societe_id", sa.Integer, nullable=False),
        sa.Column("client_id", sa.BigInteger, sa.ForeignKey("clients.id"), nullable=False),
        sa.Column("devis_id", sa.BigInteger, sa.ForeignKey("devis.id")),
        sa.Column("facture_acompte_id", sa.BigInteger),
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
    )
    op.create_index("commandes_client_id_idx", "commandes", ["client_id"])
    op.create_index(
        "commandes_date_idx",
        "commandes",
        ["societe_id", sa.text("date_commande DESC")],
        postgresql_include=["montant_ht"],
    )
    op.create_table(
        "commande_lignes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("commande_id", sa.BigInteger, sa.ForeignKey("commandes.id", ondelete="CASCADE"), nullable=False),
        sa.Column("order", sa.SmallInteger, nullable=False, comment="Position of the line in its order"),
        sa.Column("article_id", sa.BigInteger, sa.ForeignKey("articles.id"), nullable=False),
        sa.Column("designation", sa.Text),
        sa.Column("quantite", sa.Numeric(12, 3), nullable=False),
        sa.Column("prix_unitaire", Montant, nullable=False),
        sa.Column("total", sa.Numeric, sa.Computed("quantite * prix_unitaire", persisted=True)),
        sa.UniqueConstraint("commande_id", "order"),
    )
    op.create_index("commande_lignes_article_id_idx", "commande_lignes", ["article_id"])
    op.create_table(
        "livraisons",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("commande_id", sa.BigInteger, sa.ForeignKey("commandes.id"), nullable=False),
        sa.Column("bordereau", sa.Text, nullable=False, unique=True),
        sa.Column("transporteur", sa.Text),
        sa.Column("expediee_le", Instant, nullable=False),
        sa.Column("recue_le", Instant),
    )
    op.create_index("livraisons_commande_id_idx", "livraisons", ["commande_id"])
    op.create_table(
        "livraison_lignes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("livraison_id", sa.BigInteger, sa.ForeignKey("livraisons.id", ondelete="CASCADE"), nullable=False),
        sa.Column("commande_ligne_id", sa.BigInteger, sa.ForeignKey("commande_lignes.id"), nullable=False),
        sa.Column("quantite", sa.Numeric(12, 3), nullable=False),
    )
    op.create_index("livraison_lignes_livraison_id_idx", "livraison_lignes", ["livraison_id"])
    op.create_table(
        "certificats_matiere",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("livraison_ligne_id", sa.BigInteger, sa.ForeignKey("livraison_lignes.id"), nullable=False),
        sa.Column("coulee", sa.Text, nullable=False),
        sa.Column("limite_elastique", sa.Double),
        sa.Column("composition", JSONB, server_default="{}", nullable=False),
        sa.Column("contenu", BYTEA),
    )
    op.create_table(
        "factures",
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
    )
    op.create_index("factures_commande_id_idx", "factures", ["commande_id"])
    op.create_table(
        "facture_lignes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("facture_id", sa.BigInteger, sa.ForeignKey("factures.id", ondelete="CASCADE"), nullable=False),
        sa.Column("rang", sa.SmallInteger, nullable=False),
        sa.Column("designation", sa.Text, nullable=False),
        sa.Column("quantite", sa.Numeric(12, 3), nullable=False),
        sa.Column("prix_unitaire", Montant, nullable=False),
        sa.Column("taux_tva", sa.Numeric(4, 2), server_default=sa.text("20"), nullable=False),
        sa.UniqueConstraint("facture_id", "rang"),
    )
    op.create_table(
        "paiements",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("facture_id", sa.BigInteger, sa.ForeignKey("factures.id"), nullable=False),
        sa.Column("montant", Montant, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("recu_le", Instant, nullable=False),
    )
    op.create_index("paiements_facture_id_idx", "paiements", ["facture_id"])
    op.create_table(
        "rapprochements",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("paiement_id", sa.BigInteger, sa.ForeignKey("paiements.id"), nullable=False),
        sa.Column("releve", sa.Text, nullable=False),
        sa.Column("ecart", sa.Numeric, server_default=sa.text("0"), nullable=False),
    )
    # An order and the invoice of its deposit are written in one transaction: both keys of the cycle wait for its end.
    op.create_foreign_key(
        "commandes_facture_acompte_id_fkey",
        "commandes",
        "factures",
        ["facture_acompte_id"],
        ["id"],
        deferrable=True,
        initially="DEFERRED",
    )


def downgrade() -> None:
    op.drop_constraint("commandes_facture_acompte_id_fkey", "commandes")
    for table in (
        "rapprochements",
        "paiements",
        "facture_lignes",
        "factures",
        "certificats_matiere",
        "livraison_lignes",
        "livraisons",
        "commande_lignes",
        "commandes",
        "devis_lignes",
        "devis",
    ):
        op.drop_table(table)
    op.execute("DROP SEQUENCE numero_piece_seq")
    op.execute("DROP TYPE statut_facture")
    op.execute("DROP TYPE statut_commande")
