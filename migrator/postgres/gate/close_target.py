"""Makes a database that was copied one that follows: nobody but the applier writes there, until its door opens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migrator.core.online.captured import ClosedTable
from migrator.core.online.position import Position
from migrator.core.schema.catalog import ForeignKey, Relation
from migrator.postgres.capture.functions import capture_function
from migrator.postgres.capture.install import install_capture, read_capture
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.gate.door import ConstraintFlags, TriggerState, door_check, install_door, replica_check
from migrator.postgres.session.connect import Connection, rows
from migrator.postgres.session.triggers import read_triggers, trigger_state
from migrator.postgres.sync.circles import make_deferrable
from migrator.postgres.sync.flow import Flow
from migrator.postgres.sync.positions import read_position, write_position


def close_target(
    connection: Connection, tables: Sequence[ClosedTable], flow: Flow, position: Position,
    wait: LockWait, *, run: str, epoch: str,
) -> None:  # fmt: skip
    """Logs what changes, shuts the door, switches the database's own triggers off, and sets its position last.

    Foreign keys that no order of writing satisfies can be checked at the end of a transaction until then. An attempt
    that died is gone on with; a database that has its position is left alone.
    """
    if read_capture(connection) is not None:
        with connection.transaction():
            if read_position(connection) is not None:
                return
    install_capture(connection, [table.captured for table in tables], wait, run=run, epoch=epoch)
    install_door(connection)
    with connection.transaction():
        for table in tables:
            check = replica_check(run) if table.is_copy else door_check(run)
            connection.execute(capture_function(table.captured, gate=check))
        for (relation, name), state in read_triggers(connection, [one.captured.relation for one in tables]).items():
            if state != "D" and not name.startswith("!migrator_"):
                connection.execute(trigger_state(relation, name, "D"))
        make_deferrable(connection, flow)
        write_position(connection, position)


def own_triggers(connection: Connection, tables: Sequence[ClosedTable]) -> tuple[TriggerState, ...]:
    """The states that the triggers of these tables have in a template, for when the door opens."""
    found = read_triggers(connection, [table.captured.relation for table in tables])
    return tuple(TriggerState(relation, name, state) for (relation, name), state in found.items())


def own_flags(connection: Connection, circles: Iterable[ForeignKey]) -> tuple[ConstraintFlags, ...]:
    """How the foreign keys of circles are declared in a template, for when the door opens."""
    keys = list(circles)
    wanted = {
        "schemas": [key.table.schema for key in keys],
        "tables": [key.table.name for key in keys],
        "names": [key.name for key in keys],
    }
    return tuple(
        ConstraintFlags(Relation(schema, table), name, deferrable, deferred)
        for schema, table, name, deferrable, deferred in rows(connection, "gate/constraint_flags", wanted)
    )
