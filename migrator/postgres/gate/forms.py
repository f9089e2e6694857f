"""The trigger functions of the source's captured tables, with the gate and without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from migrator.core.online.captured import CapturedTable
from migrator.core.online.gated import gated_table
from migrator.core.placement.model import Placements
from migrator.core.schema.catalog import Catalog
from migrator.postgres.capture.functions import capture_function
from migrator.postgres.gate.armed_check import armed_check


@dataclass(frozen=True)
class GateForms:
    """The functions of the source's captured tables while tenants are armed, and while none is."""

    armed: tuple[sql.Composed, ...]
    unarmed: tuple[sql.Composed, ...]


def gate_forms(captured: Sequence[CapturedTable], placements: Placements, catalog: Catalog, run: str) -> GateForms:
    """Both forms, for the tables that are captured; `run` is what refusals name."""
    return GateForms(
        tuple(
            capture_function(table, gate=armed_check(gated_table(placements, table.relation), catalog, run))
            for table in captured
        ),
        tuple(capture_function(table) for table in captured),
    )
