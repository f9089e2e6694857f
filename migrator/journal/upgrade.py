"""Brings the tables of a control database to the shape that this version of the program reads and writes."""

from __future__ import annotations

import sqlalchemy as sa

from migrator import logs
from migrator.core.run.step_id import StepId
from migrator.errors import RefusedError
from migrator.journal.tables import metadata, steps, version

_log = logs.logger(__name__)

# One more with every change of the tables. Those of the first versions of the program say nothing: they are of shape 1.
SHAPE = 4  # 4: the table followed


def prepare_tables(connection: sa.Connection) -> None:
    """Makes the tables where they are missing, and brings older ones up to date, in the caller's transaction.

    Raises:
        RefusedError: a later version of the program made them, or wrote what this one cannot read.
    """
    found = _shape(connection)
    if found is not None and found > SHAPE:
        raise RefusedError(
            f"The journal was written by a later version of migrator (its tables have shape {found}, this version "
            f"knows {SHAPE}).",
            "Use that version for this run, or another control database for a new one: [control] database.",
        )
    if found == 1:
        _from_1_to_2(connection)
    if found is not None and found < 3:
        _from_2_to_3(connection)
    metadata.create_all(connection)
    if found != SHAPE:
        connection.execute(sa.delete(version))
        connection.execute(sa.insert(version).values(shape=SHAPE))


def _shape(connection: sa.Connection) -> int | None:
    """The shape of the tables that are there, or None."""
    if not _exists(connection, "runs"):
        return None
    if not _exists(connection, "version"):
        return 1
    return int(connection.execute(sa.select(version.c.shape)).scalar_one())


def _exists(connection: sa.Connection, table: str) -> bool:
    name = f"{metadata.schema}.{table}"
    return bool(connection.execute(sa.text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name}).scalar_one())


_SHAPE_2 = """\
ALTER TABLE migrator.plans ALTER COLUMN document TYPE json USING document::json;
ALTER TABLE migrator.steps ADD COLUMN kind text, ADD COLUMN target text NOT NULL DEFAULT '',
    ADD COLUMN relation text NOT NULL DEFAULT '', ADD COLUMN database text NOT NULL DEFAULT '', ADD COLUMN part integer
"""


def _from_1_to_2(connection: sa.Connection) -> None:
    """Plans keep the order of their keys; steps have what their names are made of in columns."""
    for statement in _SHAPE_2.split(";\n"):
        connection.execute(sa.text(statement))
    for run, name in connection.execute(sa.select(steps.c.run_id, steps.c.step)).all():
        try:
            step = StepId.parse(name)
        except ValueError as error:
            raise RefusedError(
                f"The journal holds a step that this version of migrator does not know: {name!r}.",
                "Use the version that wrote it for this run, or another control database: [control] database.",
            ) from error
        connection.execute(
            sa.update(steps)
            .where(steps.c.run_id == run, steps.c.step == name)
            .values(kind=step.kind, target=step.target, relation=step.relation, database=step.database, part=step.part)
        )
    connection.execute(sa.text("ALTER TABLE migrator.steps ALTER COLUMN kind SET NOT NULL"))
    _log.info("the journal's tables are brought up to date", shape=2)


_SHAPE_3 = """\
ALTER TABLE migrator.stages ADD COLUMN account text NOT NULL DEFAULT '', ADD COLUMN role text NOT NULL DEFAULT ''
"""


def _from_2_to_3(connection: sa.Connection) -> None:
    """Attempts at stages say who typed them."""
    connection.execute(sa.text(_SHAPE_3))
    _log.info("the journal's tables are brought up to date", shape=3)
