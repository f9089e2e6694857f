"""Add job costs table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

revision: str = "010"
down_revision: str | None = "009"
branch_labels: str | None = None
depends_on: str | None = None

# The database has these already: see bootstrap.sql.
JobType = ENUM(name="work_order_job_type_enum", create_type=False)


def upgrade() -> None:
    op.create_table(
        "job_costs",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("work_order_id", sa.String(36), sa.ForeignKey("work_orders.id"), nullable=False),
        sa.Column("technician_id", sa.String(36), sa.ForeignKey("technicians.id")),
        sa.Column("job_type", JobType),
        sa.Column("cost_type", sa.String(30), nullable=False),
        sa.Column("quantity", sa.Numeric(10, 2), nullable=False),
        sa.Column("unit_cost", sa.Numeric(10, 2), nullable=False),
        sa.Column("total_cost", sa.Numeric(12, 2), nullable=False),
        sa.Column("is_billable", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_job_costs_work_order_id", "job_costs", ["work_order_id"])


def downgrade() -> None:
    op.drop_table("job_costs")
