"""Add compliance tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "008"
down_revision: str | None = "007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "licenses",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("technician_id", sa.String(36), sa.ForeignKey("technicians.id")),
        sa.Column("license_number", sa.String(50), nullable=False),
        sa.Column("license_type", sa.String(50), nullable=False),
        sa.Column("issuing_authority", sa.String(150)),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("expires_on", sa.Date),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_licenses_technician_id", "licenses", ["technician_id"])
    op.create_index("ix_licenses_license_number", "licenses", ["license_number"], unique=True)
    op.create_table(
        "certifications",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("technician_id", sa.String(36), sa.ForeignKey("technicians.id"), nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("certificate_number", sa.String(50)),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("expires_on", sa.Date),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_certifications_technician_id", "certifications", ["technician_id"])
    op.create_table(
        "inspections",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("work_order_id", sa.String(36), sa.ForeignKey("work_orders.id")),
        sa.Column("technician_id", sa.String(36), sa.ForeignKey("technicians.id")),
        sa.Column("inspection_type", sa.String(50), nullable=False),
        sa.Column("result", sa.String(20), nullable=False),
        sa.Column("findings", JSONB),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_inspections_customer_id", "inspections", ["customer_id"])


def downgrade() -> None:
    op.drop_table("inspections")
    op.drop_table("certifications")
    op.drop_table("licenses")
