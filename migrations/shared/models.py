"""The schema of SHARED: reference data that all companies read, and none owns.

What SQLAlchemy cannot say (functions, triggers, grants) is in the revisions alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, INTERVAL, JSON, JSONB

metadata = sa.MetaData()

units = sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("libelle", sa.Text, nullable=False),
    sa.Column("facteur", sa.Numeric, server_default=sa.text("1"), nullable=False),
)

shared_materials = sa.Table(
    "shared_materials",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("designation", sa.Text, nullable=False),
    sa.Column("grade", sa.Text, nullable=False, comment="nuance in the monolith"),
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

processes = sa.Table(
    "processes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("libelle", sa.Text, nullable=False),
    sa.Column("order", sa.Integer, nullable=False),
    sa.Column("duree_standard", INTERVAL, nullable=False),
    sa.Column("reglages", JSON),
)

quality_standards = sa.Table(
    "quality_standards",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("reference", sa.Text, nullable=False, unique=True, comment="As it is quoted: EN 10025-2:2019"),
    sa.Column("intitule", sa.Text, nullable=False),
    sa.Column("validite", DATERANGE, nullable=False),
)

material_standards = sa.Table(
    "material_standards",
    metadata,
    sa.Column("material_id", sa.Integer, sa.ForeignKey("shared_materials.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("standard_id", sa.Integer, sa.ForeignKey("quality_standards.id"), primary_key=True),
    sa.Column("obligatoire", sa.Boolean, server_default=sa.false(), nullable=False),
)

parametres = sa.Table(
    "parametres",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("societe_id", sa.Integer, comment="Always NULL: a company's own values are in its database"),
    sa.Column("cle", sa.Text, nullable=False, unique=True),
    sa.Column("valeur", JSONB, nullable=False),
    sa.Column("valable_jusqua", sa.DateTime(timezone=True), server_default="infinity", nullable=False),
    sa.CheckConstraint("societe_id IS NULL", name="parametres_globaux"),
)
