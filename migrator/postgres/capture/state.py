"""What capture is installed in a database: whose, since when, and of which tables."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.core.online.captured import CapturedTable
from migrator.core.schema.catalog import Relation
from migrator.postgres.databases.databases import Mark
from migrator.postgres.session.connect import Connection, rows

ROLE = "follow"


@dataclass(frozen=True, slots=True)
class CaptureState:
    """What captures changes in a database: whose it is, since when, and which tables.

    `epoch` is that of the first call that began it: positions of before mean nothing in it. '' while it is being taken
    away.
    """

    run: str
    epoch: str
    tables: tuple[CapturedTable, ...]


def read_capture(connection: Connection) -> CaptureState | None:
    """The capture that is installed, or None. Read from the database itself, not from the journal."""
    comments = rows(connection, "capture/capture_mark")
    mark = Mark.parse(comments[0][0]) if comments else None
    if mark is None or mark.role != ROLE:
        return None
    return CaptureState(mark.run, mark.epoch, read_tables(connection))


def read_tables(connection: Connection) -> tuple[CapturedTable, ...]:
    """What the numbers of the log mean."""
    return tuple(
        CapturedTable(number, Relation(schema, name), tuple(key), tuple(route), formatted)
        for number, schema, name, key, route, formatted in rows(connection, "capture/captured_tables")
    )
