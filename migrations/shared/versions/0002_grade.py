"""A material's nuance is called its grade, as in the standards."""

from __future__ import annotations

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.alter_column("shared_materials", "nuance", new_column_name="grade", comment="nuance in the monolith")


def downgrade() -> None:
    op.alter_column(
        "shared_materials",
        "grade",
        new_column_name="nuance",
        comment=None,
        existing_comment="nuance in the monolith",
    )
