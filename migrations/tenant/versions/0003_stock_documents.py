"""Stock, purchases, documents, notifications, settings and history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, ENUM, JSONB, UUID

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

SensMouvement = ENUM(name="sens_mouvement", create_type=False)
CanalNotification = ENUM(name="canal_notification", create_type=False)
Instant = sa.DateTime(timezone=True)
NOW = sa.text("now()")
# The monolith stops at 2024: its later rows lie in the default partition, and move to their year here.
YEARS = range(2022, 2027)


def upgrade() -> None:
    op.execute("CREATE TYPE sens_mouvement AS ENUM ('entree', 'sortie', 'inventaire')")
    op.execute("CREATE TYPE canal_notification AS ENUM ('email', 'sms', 'application')")

    op.create_table(
        "depots",
        sa.Column("societe_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("libelle", sa.Text, nullable=False),
    )
    op.create_table(
        "stocks",
        sa.Column("societe_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("depot_code", sa.Text, primary_key=True),
        sa.Column("article_id", sa.BigInteger, sa.ForeignKey("articles.id"), primary_key=True),
        sa.Column("quantite", sa.Numeric(14, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("seuil", sa.Numeric(14, 3)),
        sa.Column("updated_at", Instant, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["societe_id", "depot_code"], ["depots.societe_id", "depots.code"]),
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "stock_mouvements",
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
        comment="Every movement of stock, one partition per year",
        postgresql_partition_by="RANGE (date_mouvement)",
    )
    for year in YEARS:
        op.execute(
            f"CREATE TABLE stock_mouvements_{year} PARTITION OF stock_mouvements"
            f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
        )
    op.execute("CREATE TABLE stock_mouvements_autres PARTITION OF stock_mouvements DEFAULT")
    op.create_index("stock_mouvements_stock_idx", "stock_mouvements", ["societe_id", "depot_code", "article_id"])
    op.create_table(
        "bons_de_commande",
        sa.Column("id", UUID, server_default=sa.text("gen_random_uuid()"), primary_key=True),
        sa.Column("societe_id", sa.Integer, nullable=False),
        sa.Column("fournisseur_id", sa.BigInteger, sa.ForeignKey("fournisseurs.id"), nullable=False),
        sa.Column("numero", sa.Text, nullable=False),
        sa.Column("envoye_le", sa.DateTime),
        sa.Column("lignes", JSONB, server_default="[]", nullable=False),
        sa.Column("montant_total", sa.Numeric(14, 2), server_default=sa.text("0"), nullable=False),
        comment='"BonDeCommande" in the monolith',
    )
    op.create_table(
        "documents",
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
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("societe_id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False, comment="users.id in AUTH"),
        sa.Column("canal", CanalNotification, server_default="application", nullable=False),
        sa.Column("titre", sa.Text, nullable=False),
        sa.Column("lue_le", Instant),
        sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    )
    op.create_table(
        "parametres",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("societe_id", sa.Integer, nullable=False),
        sa.Column("cle", sa.Text, nullable=False),
        sa.Column("valeur", JSONB, nullable=False),
        sa.Column("valable_jusqua", Instant, server_default="infinity", nullable=False),
        sa.UniqueConstraint("societe_id", "cle"),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("societe_id", sa.Integer, nullable=False),
        sa.Column("objet", sa.Text, nullable=False),
        sa.Column("objet_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("avant", JSONB),
        sa.Column("apres", JSONB),
        sa.Column("user_id", sa.BigInteger, comment="users.id in AUTH"),
        sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    )
    op.create_index("audit_log_created_at_idx", "audit_log", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    for table in (
        "audit_log",
        "parametres",
        "notifications",
        "documents",
        "bons_de_commande",
        "stock_mouvements",
        "stocks",
        "depots",
    ):
        op.drop_table(table)
    op.execute("DROP TYPE canal_notification")
    op.execute("DROP TYPE sens_mouvement")
