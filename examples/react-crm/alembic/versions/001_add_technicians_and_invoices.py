"""Add technicians and invoices.

The history began on a database that was already in use. Where it is run on an empty one, as an audit does, what was
there then is made first.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision: str = "001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

BOOTSTRAP = Path(__file__).parents[2] / "bootstrap.sql"


def upgrade() -> None:
    if not op.get_context().as_sql and not sa.inspect(op.get_bind()).has_table("customers"):
        op.execute(BOOTSTRAP.read_text(encoding="utf-8"))
    op.create_table(
        "technicians",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("first_name", sa.String(100), nullable=False),
        sa.Column("last_name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(255)),
        sa.Column("phone", sa.String(30)),
        sa.Column("employee_number", sa.String(30)),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("skills", ARRAY(sa.Text)),
        sa.Column("home_region", sa.String(80)),
        sa.Column("hire_date", sa.Date),
        sa.Column("hourly_rate", sa.Numeric(8, 2)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_technicians_email", "technicians", ["email"])
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("work_order_id", sa.String(36), sa.ForeignKey("work_orders.id")),
        sa.Column("invoice_number", sa.String(50), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("issue_date", sa.Date, nullable=False),
        sa.Column("due_date", sa.Date),
        sa.Column("amount", sa.Numeric(10, 2), nullable=False),
        sa.Column("paid_date", sa.Date),
        sa.Column("line_items", JSONB),
        sa.Column("notes", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_invoices_invoice_number", "invoices", ["invoice_number"], unique=True)
    op.create_foreign_key("work_orders_technician_id_fkey", "work_orders", "technicians", ["technician_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint("work_orders_technician_id_fkey", "work_orders")
    op.drop_table("invoices")
    op.drop_table("technicians")
