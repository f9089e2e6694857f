"""Sessions and tokens, triggers, a view, grants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, ENUM, INET, UUID

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

# Roles belong to the server, not to this database: they are made where they are missing, and never dropped.
ROLES = """
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['topsteel_app', 'topsteel_lecture'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                RAISE NOTICE 'role % was created by another session just now', role_name;
            END;
        END IF;
    END LOOP;
END
$$
"""

MAJ_UPDATED_AT = """
CREATE FUNCTION maj_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$
"""

V_UTILISATEURS_ACTIFS = """
CREATE VIEW v_utilisateurs_actifs AS
    SELECT u.id, u.email, u.nom, s.code AS societe
    FROM users u LEFT JOIN societes s ON s.id = u.societe_defaut_id
    WHERE u.deleted_at IS NULL
"""


def upgrade() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("id", UUID, server_default=sa.text("gen_random_uuid()"), primary_key=True),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "token_hash", BYTEA, nullable=False, comment="SHA-256 of the token; the token itself is never stored"
        ),
        sa.Column("adresse_ip", INET),
        sa.Column("agent", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("user_sessions_user_id_idx", "user_sessions", ["user_id"])
    op.create_index("user_sessions_expires_at_idx", "user_sessions", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("societe_id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("nom", sa.Text, nullable=False),
        sa.Column("token_hash", BYTEA, nullable=False, unique=True),
        sa.Column("droits", ARRAY(ENUM(name="droit", create_type=False)), server_default="{lecture}", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["societe_id", "user_id"], ["societe_users.societe_id", "societe_users.user_id"], ondelete="CASCADE"
        ),
    )

    op.execute(MAJ_UPDATED_AT)
    for table in ("societes", "users"):
        op.execute(
            f"CREATE TRIGGER {table}_updated_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION maj_updated_at()"
        )
    op.execute(V_UTILISATEURS_ACTIFS)

    op.execute(ROLES)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO topsteel_app")
    op.execute("REVOKE ALL ON alembic_version FROM topsteel_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO topsteel_app")
    op.execute("GRANT SELECT (id, prenom, nom) ON users TO topsteel_lecture")


def downgrade() -> None:
    op.execute("REVOKE ALL (id, prenom, nom) ON users FROM topsteel_lecture")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM topsteel_app")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM topsteel_app")
    op.execute("DROP VIEW v_utilisateurs_actifs")
    for table in ("users", "societes"):
        op.execute(f"DROP TRIGGER {table}_updated_at ON {table}")
    op.execute("DROP FUNCTION maj_updated_at()")
    op.drop_table("api_tokens")
    op.drop_table("user_sessions")
