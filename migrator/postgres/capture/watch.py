"""Reads what says whether capture has seen everything: the catalog of captured tables, and the server's identity."""

from __future__ import annotations

from migrator.core.online.watch import Watch, WatchedRelation
from migrator.core.schema.catalog import Relation
from migrator.postgres.capture.install import read_capture
from migrator.postgres.session.connect import Connection, rows


def read_watch(connection: Connection) -> Watch:
    """The catalog as the open transaction sees it: in a REPEATABLE READ one, at its position.

    Raises:
        LookupError: no capture is installed.
    """
    capture = read_capture(connection)
    if capture is None:
        raise LookupError("no capture is installed")
    ((system, timeline, started),) = rows(connection, "capture/server")
    relations = tuple(
        WatchedRelation(
            number, Relation(schema, name), oid, file, tuple(parents), columns, trigger, fires, logged, holds_rows
        )
        for number, schema, name, oid, file, parents, columns, trigger, fires, logged, holds_rows in rows(
            connection, "capture/watched"
        )
    )
    return Watch(system, timeline, capture.epoch, started, relations)


def written_anew(connection: Connection) -> tuple[Relation, ...]:
    """Captured tables and partitions whose rows the open transaction cannot read any more as they are at its position.

    A TRUNCATE or a rewriting ALTER TABLE that ended after the transaction's snapshot was taken shows it an empty table.
    Asked after the rows were read, it says whether what was read is what the position has.
    """
    return tuple(Relation(schema, name) for schema, name in rows(connection, "capture/written_anew"))
