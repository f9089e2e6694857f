"""Units, materials, processes and standards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, INTERVAL, JSON, JSONB

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "units",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("libelle", sa.Text, nullable=False),
        sa.Column("facteur", sa.Numeric, server_default=sa.text("1"), nullable=False),
    )
    op.create_table(
        "shared_materials",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("designation", sa.Text, nullable=False),
        sa.Column("nuance", sa.Text, nullable=False),
        sa.Column("densite", sa.Numeric(6, 3), nullable=False),
        sa.Column("resistance_mpa", sa.Double),
        sa.Column("unit_code", sa.Text, sa.ForeignKey("units.code"), nullable=False),
        sa.Column("proprietes", JSONB, server_default="{}", nullable=False),
        sa.Column("synonymes", ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        comment="Nuances d'acier : grades of steel, common to all companies",
    )
    op.create_table(
        "processes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("libelle", sa.Text, nullable=False),
        sa.Column("order", sa.Integer, nullable=False),
        sa.Column("duree_standard", INTERVAL, nullable=False),
        sa.Column("reglages", JSON),
    )
    op.create_table(
        "quality_standards",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False, unique=True, comment="As it is quoted: EN 10025-2:2019"),
        sa.Column("intitule", sa.Text, nullable=False),
        sa.Column("validite", DATERANGE, nullable=False),
    )
    op.create_table(
        "material_standards",
        sa.Column("material_id", sa.Integer, primary_key=True),
        sa.Column("standard_id", sa.Integer, primary_key=True),
        sa.Column("obligatoire", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["material_id"], ["shared_materials.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["standard_id"], ["quality_standards.id"]),
    )


def downgrade() -> None:
    for table in ("material_standards", "quality_standards", "processes", "shared_materials", "units"):
        op.drop_table(table)
