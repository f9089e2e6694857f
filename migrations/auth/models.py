"""The schema of AUTH: companies, the people who log in, and what they may do.

What SQLAlchemy cannot say (types, functions, triggers, views, grants) is in the revisions alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, DOMAIN, ENUM, INET, JSONB, UUID

metadata = sa.MetaData()

CodeSociete = DOMAIN("code_societe", sa.Text, create_type=False)
AdresseEmail = DOMAIN("adresse_email", sa.Text, create_type=False)
NumeroSiret = DOMAIN("numero_siret", sa.Text, create_type=False)
PlanAbonnement = ENUM("essai", "standard", "premium", name="plan_abonnement", create_type=False)
Droit = ENUM("lecture", "ecriture", "validation", "administration", name="droit", create_type=False)


def instant(name: str) -> sa.Column[object]:
    """A moment that is known from the start."""
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


societes = sa.Table(
    "societes",
    metadata,
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
    sa.Column("fuseau", sa.Text, server_default="Europe/Paris", nullable=False, comment="New: the monolith had none"),
    sa.Column("responsable_id", sa.BigInteger, sa.ForeignKey("users.id", use_alter=True)),
    instant("created_at"),
    instant("updated_at"),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),
    comment="Sociétés : one row per company (the tenants)",
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("email", AdresseEmail, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("prenom", sa.Text),
    sa.Column("nom", sa.Text, nullable=False),
    sa.Column("societe_defaut_id", sa.Integer, sa.ForeignKey("societes.id")),
    sa.Column("preferences", JSONB, server_default="{}", nullable=False),
    sa.Column("avatar", BYTEA),
    sa.Column("last_login_at", sa.DateTime(timezone=True)),
    instant("created_at"),
    instant("updated_at"),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),
    sa.Index("users_actifs_idx", sa.text("lower(email)"), postgresql_where=sa.text("deleted_at IS NULL")),
    comment="People who log in, whatever companies they work for",
)

roles = sa.Table(
    "roles",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("libelle", sa.Text, nullable=False),
    sa.Column("systeme", sa.Boolean, server_default=sa.false(), nullable=False),
)

permissions = sa.Table(
    "permissions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("droits", ARRAY(Droit), server_default="{lecture}", nullable=False),
    sa.Column("description", sa.Text),
)

role_permissions = sa.Table(
    "role_permissions",
    metadata,
    sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("permission_id", sa.Integer, sa.ForeignKey("permissions.id", ondelete="CASCADE"), primary_key=True),
    instant("accorde_le"),
)

societe_users = sa.Table(
    "societe_users",
    metadata,
    sa.Column("societe_id", sa.Integer, sa.ForeignKey("societes.id"), primary_key=True),
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id"), nullable=False),
    sa.Column("actif", sa.Boolean, server_default=sa.true(), nullable=False),
    instant("created_at"),
    sa.Index("societe_users_user_id_idx", "user_id"),
)

user_sessions = sa.Table(
    "user_sessions",
    metadata,
    sa.Column("id", UUID, server_default=sa.text("gen_random_uuid()"), primary_key=True),
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("token_hash", BYTEA, nullable=False, comment="SHA-256 of the token; the token itself is never stored"),
    sa.Column("adresse_ip", INET),
    sa.Column("agent", sa.Text),
    instant("created_at"),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("user_sessions_user_id_idx", "user_id"),
    sa.Index("user_sessions_expires_at_idx", "expires_at"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("societe_id", sa.Integer, nullable=False),
    sa.Column("user_id", sa.BigInteger, nullable=False),
    sa.Column("nom", sa.Text, nullable=False),
    sa.Column("token_hash", BYTEA, nullable=False, unique=True),
    sa.Column("droits", ARRAY(Droit), server_default="{lecture}", nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True)),
    sa.ForeignKeyConstraint(
        ["societe_id", "user_id"], ["societe_users.societe_id", "societe_users.user_id"], ondelete="CASCADE"
    ),
)
