"""The companies."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[3] / "sql"


def upgrade() -> None:
    op.execute((_SQL / "tenants.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("a benchmark's databases are dropped, not taken back")
