"""Fix call_logs schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "006"
down_revision: str | None = "005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.alter_column("call_logs", "phone", new_column_name="caller_number")
    op.alter_column("call_logs", "duration", new_column_name="duration_seconds")
    op.add_column("call_logs", sa.Column("called_number", sa.String(30)))
    op.add_column("call_logs", sa.Column("call_status", sa.String(20), nullable=False, server_default="completed"))
    op.create_index("ix_call_logs_started_at", "call_logs", ["started_at"])


def downgrade() -> None:
    op.drop_index("ix_call_logs_started_at", "call_logs")
    op.drop_column("call_logs", "call_status")
    op.drop_column("call_logs", "called_number")
    op.alter_column("call_logs", "duration_seconds", new_column_name="duration")
    op.alter_column("call_logs", "caller_number", new_column_name="phone")
