"""Add call dispositions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "007"
down_revision: str | None = "006"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "call_dispositions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(30), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("color", sa.String(7)),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_call_dispositions_code", "call_dispositions", ["code"], unique=True)
    op.add_column("call_logs", sa.Column("disposition_id", sa.Integer))
    op.create_foreign_key("call_logs_disposition_id_fkey", "call_logs", "call_dispositions", ["disposition_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint("call_logs_disposition_id_fkey", "call_logs")
    op.drop_column("call_logs", "disposition_id")
    op.drop_table("call_dispositions")
