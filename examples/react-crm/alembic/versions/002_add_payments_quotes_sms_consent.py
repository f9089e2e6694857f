"""Add payments, quotes, SMS consent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "002"
down_revision: str | None = "001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("invoice_id", sa.Integer, sa.ForeignKey("invoices.id"), nullable=False),
        sa.Column("amount", sa.Numeric(10, 2), nullable=False),
        sa.Column("payment_method", sa.String(30), nullable=False),
        sa.Column("reference", sa.String(100)),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_payments_invoice_id", "payments", ["invoice_id"])
    op.create_table(
        "quotes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("quote_number", sa.String(50), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("total", sa.Numeric(10, 2), nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("line_items", JSONB),
        sa.Column("terms", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_quotes_customer_id", "quotes", ["customer_id"])
    op.create_index("ix_quotes_quote_number", "quotes", ["quote_number"], unique=True)
    op.create_table(
        "sms_consent",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("phone_number", sa.String(30), nullable=False),
        sa.Column("consent_status", sa.String(20), nullable=False),
        sa.Column("opt_in_source", sa.String(50)),
        sa.Column("opted_in_at", sa.DateTime(timezone=True)),
        sa.Column("opted_out_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_sms_consent_customer_id", "sms_consent", ["customer_id"])
    op.create_index("ix_sms_consent_phone_number", "sms_consent", ["phone_number"], unique=True)
    op.create_table(
        "sms_consent_audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("consent_id", sa.Integer, sa.ForeignKey("sms_consent.id"), nullable=False),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("previous_status", sa.String(20)),
        sa.Column("new_status", sa.String(20)),
        sa.Column("ip_address", sa.String(45)),
        sa.Column("performed_by", sa.Integer, sa.ForeignKey("api_users.id")),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_sms_consent_audit_consent_id", "sms_consent_audit", ["consent_id"])


def downgrade() -> None:
    for table in (
        "sms_consent_audit",
        "sms_consent",
        "quotes",
        "payments",
    ):
        op.drop_table(table)
