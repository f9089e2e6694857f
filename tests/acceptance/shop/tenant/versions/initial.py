"""The whole schema, from the file beside env.py."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).parents[1].joinpath("schema.sql").read_text(encoding="utf-8"))
