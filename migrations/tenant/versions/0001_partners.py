"""Customers, suppliers and articles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, DOMAIN, JSONB, TSVECTOR, ExcludeConstraint

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

AdresseEmail = DOMAIN("adresse_email", sa.Text, create_type=False)
NumeroSiret = DOMAIN("numero_siret", sa.Text, create_type=False)
Montant = DOMAIN("montant", sa.Numeric(14, 2), create_type=False)
Instant = sa.DateTime(timezone=True)
NOW = sa.text("now()")

# An index is built on it: it must be immutable, and exist before the articles do.
NORMALISER_REFERENCE = """
CREATE FUNCTION normaliser_reference(reference text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN upper(regexp_replace(reference, '[^[:alnum:]]', '', 'g'))
"""


def upgrade() -> None:
    op.execute(
        "CREATE DOMAIN adresse_email AS text"
        " CONSTRAINT adresse_email_forme CHECK (VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+$')"
    )
    op.execute("CREATE DOMAIN numero_siret AS text CONSTRAINT numero_siret_forme CHECK (VALUE ~ '^[0-9]{14}$')")
    op.execute("CREATE DOMAIN montant AS numeric(14, 2) CONSTRAINT montant_defini CHECK (VALUE <> 'NaN')")
    op.execute(NORMALISER_REFERENCE)

    op.create_table(
        "units",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("libelle", sa.Text, nullable=False),
        sa.Column("facteur", sa.Numeric, server_default=sa.text("1"), nullable=False),
        comment="A copy of SHARED's: maintained there",
    )
    op.create_table(
        "clients",
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
            sa.Computed(
                "to_tsvector('french'::regconfig, raison_sociale || ' ' || coalesce(notes, ''))", persisted=True
            ),
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
        comment="Customers of the company",
    )
    op.create_index("clients_recherche_idx", "clients", ["recherche"], postgresql_using="gin")
    op.create_index(
        "clients_actifs_idx",
        "clients",
        ["societe_id", "raison_sociale"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("client_id", sa.BigInteger, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
        sa.Column("nom", sa.Text, nullable=False),
        sa.Column("email", AdresseEmail),
        sa.Column("telephone", sa.Text),
        sa.Column("principal", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("created_at", Instant, server_default=NOW, nullable=False),
    )
    op.create_index("contacts_client_id_idx", "contacts", ["client_id"])
    op.create_table(
        "fournisseurs",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("societe_id", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("raison_sociale", sa.Text, nullable=False),
        sa.Column("delai_jours", sa.SmallInteger),
        sa.Column("notes", sa.Text),
        sa.UniqueConstraint("societe_id", "code"),
    )
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("societe_id", sa.Integer, comment="NULL: a standard category, the same in every company"),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("categories.id")),
        sa.Column("libelle", sa.Text, nullable=False),
    )
    op.create_table(
        "articles",
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
    )
    op.create_index(
        "articles_reference_normalisee_idx", "articles", ["societe_id", sa.text("normaliser_reference(reference)")]
    )
    op.create_index(
        "articles_caracteristiques_idx",
        "articles",
        ["caracteristiques"],
        postgresql_using="gin",
        postgresql_ops={"caracteristiques": "jsonb_path_ops"},
    )
    op.create_table(
        "nomenclatures",
        sa.Column("article_id", sa.BigInteger, sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("composant_id", sa.BigInteger, sa.ForeignKey("articles.id"), primary_key=True),
        sa.Column("quantite", sa.Numeric(12, 4), nullable=False),
        sa.CheckConstraint("quantite > 0", name="nomenclatures_quantite_check"),
        sa.CheckConstraint("article_id <> composant_id", name="nomenclatures_check"),
    )
    op.create_table(
        "exercices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("societe_id", sa.Integer, nullable=False),
        sa.Column("libelle", sa.Text, nullable=False),
        sa.Column("periode", DATERANGE, nullable=False),
        sa.Column("cloture", sa.Boolean, server_default=sa.false(), nullable=False),
        ExcludeConstraint(("periode", "&&"), using="gist", name="exercices_sans_chevauchement"),
    )
    op.execute("COMMENT ON INDEX clients_recherche_idx IS 'Serves the search box'")
    op.execute("COMMENT ON CONSTRAINT exercices_sans_chevauchement ON exercices IS 'Fiscal years do not overlap'")


def downgrade() -> None:
    for table in (
        "exercices",
        "nomenclatures",
        "articles",
        "categories",
        "fournisseurs",
        "contacts",
        "clients",
        "units",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION normaliser_reference(text)")
    for domain in ("montant", "numero_siret", "adresse_email"):
        op.execute(f"DROP DOMAIN {domain}")
