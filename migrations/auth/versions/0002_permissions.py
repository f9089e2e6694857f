"""Roles, permissions and memberships."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, ENUM

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.execute("CREATE TYPE droit AS ENUM ('lecture', 'ecriture', 'validation', 'administration')")
    op.create_table(
        "roles",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("libelle", sa.Text, nullable=False),
        sa.Column("systeme", sa.Boolean, server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "permissions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("droits", ARRAY(ENUM(name="droit", create_type=False)), server_default="{lecture}", nullable=False),
        sa.Column("description", sa.Text),
    )
    op.create_table(
        "role_permissions",
        sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("permission_id", sa.Integer, sa.ForeignKey("permissions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("accorde_le", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_table(
        "societe_users",
        sa.Column("societe_id", sa.Integer, sa.ForeignKey("societes.id"), primary_key=True),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("role_id", sa.Integer, sa.ForeignKey("roles.id"), nullable=False),
        sa.Column("actif", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("societe_users_user_id_idx", "societe_users", ["user_id"])


def downgrade() -> None:
    for table in ("societe_users", "role_permissions", "permissions", "roles"):
        op.drop_table(table)
    op.execute("DROP TYPE droit")
