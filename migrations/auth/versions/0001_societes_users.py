"""Companies and users."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, DOMAIN, ENUM, JSONB

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

CodeSociete = DOMAIN("code_societe", sa.Text, create_type=False)
AdresseEmail = DOMAIN("adresse_email", sa.Text, create_type=False)
NumeroSiret = DOMAIN("numero_siret", sa.Text, create_type=False)
PlanAbonnement = ENUM(name="plan_abonnement", create_type=False)


def upgrade() -> None:
    op.execute("CREATE TYPE plan_abonnement AS ENUM ('essai', 'standard', 'premium')")
    op.execute(
        "CREATE DOMAIN code_societe AS text CONSTRAINT code_societe_forme CHECK (VALUE ~ '^[a-z][a-z0-9_-]{1,30}$')"
    )
    op.execute(
        "CREATE DOMAIN adresse_email AS text"
        " CONSTRAINT adresse_email_forme CHECK (VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+$')"
    )
    op.execute("CREATE DOMAIN numero_siret AS text CONSTRAINT numero_siret_forme CHECK (VALUE ~ '^[0-9]{14}$')")

    op.create_table(
        "societes",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column(
            "code",
            CodeSociete,
            nullable=False,
            unique=True,
            comment="Short name; names the database of the company",
        ),
        sa.Column("nom", sa.Text, nullable=False),
        sa.Column("siret", NumeroSiret),
        sa.Column("plan", PlanAbonnement, server_default="standard", nullable=False),
        sa.Column("adresse", JSONB, server_default="{}", nullable=False),
        sa.Column(
            "fuseau", sa.Text, server_default="Europe/Paris", nullable=False, comment="New: the monolith had none"
        ),
        sa.Column("responsable_id", sa.BigInteger),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        comment="Sociétés : one row per company (the tenants)",
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("email", AdresseEmail, nullable=False, unique=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("prenom", sa.Text),
        sa.Column("nom", sa.Text, nullable=False),
        sa.Column("societe_defaut_id", sa.Integer, sa.ForeignKey("societes.id")),
        sa.Column("preferences", JSONB, server_default="{}", nullable=False),
        sa.Column("avatar", BYTEA),
        sa.Column("last_login_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        comment="People who log in, whatever companies they work for",
    )
    # A company names its contact person, a user a usual company: the second key of the cycle needs both tables.
    op.create_foreign_key("societes_responsable_id_fkey", "societes", "users", ["responsable_id"], ["id"])
    op.create_index(
        "users_actifs_idx", "users", [sa.text("lower(email)")], postgresql_where=sa.text("deleted_at IS NULL")
    )


def downgrade() -> None:
    op.drop_constraint("societes_responsable_id_fkey", "societes")
    op.drop_table("users")
    op.drop_table("societes")
    op.execute("DROP DOMAIN numero_siret")
    op.execute("DROP DOMAIN adresse_email")
    op.execute("DROP DOMAIN code_societe")
    op.execute("DROP TYPE plan_abonnement")
