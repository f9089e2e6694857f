"""Settings that hold for all companies; the trigger and the grants of reference data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

# Roles belong to the server, not to this database: they are made where they are missing, and never dropped.
ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'topsteel_app') THEN
        BEGIN
            CREATE ROLE topsteel_app NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            RAISE NOTICE 'role topsteel_app was created by another session just now';
        END;
    END IF;
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


def upgrade() -> None:
    op.create_table(
        "parametres",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("societe_id", sa.Integer, comment="Always NULL: a company's own values are in its database"),
        sa.Column("cle", sa.Text, nullable=False, unique=True),
        sa.Column("valeur", JSONB, nullable=False),
        sa.Column("valable_jusqua", sa.DateTime(timezone=True), server_default="infinity", nullable=False),
        sa.CheckConstraint("societe_id IS NULL", name="parametres_globaux"),
    )
    op.execute(MAJ_UPDATED_AT)
    op.execute(
        "CREATE TRIGGER shared_materials_updated_at BEFORE UPDATE ON shared_materials"
        " FOR EACH ROW EXECUTE FUNCTION maj_updated_at()"
    )
    # The applications of the companies read what is shared; whoever maintains it does so as the owner.
    op.execute(ROLE)
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO topsteel_app")
    op.execute("REVOKE ALL ON alembic_version FROM topsteel_app")


def downgrade() -> None:
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM topsteel_app")
    op.execute("DROP TRIGGER shared_materials_updated_at ON shared_materials")
    op.execute("DROP FUNCTION maj_updated_at()")
    op.drop_table("parametres")
