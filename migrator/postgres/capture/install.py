"""Puts capture on tables, and takes it off again: one table a transaction, and never behind a lock for long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from psycopg import sql

from migrator.core.online.captured import CapturedTable
from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.postgres.capture.functions import (
    SCHEMA,
    TRIGGER,
    TRUNCATE_TRIGGER,
    capture_function,
    function_name,
    is_switched_off,
    switched_off,
)
from migrator.postgres.capture.read_log import read_position
from migrator.postgres.capture.state import ROLE, CaptureState, read_capture
from migrator.postgres.capture.watch import newest_note, note_watch, read_watch
from migrator.postgres.databases.databases import Mark
from migrator.postgres.fence.locks import LockWait, on_table
from migrator.postgres.placement.from_items import qualified
from migrator.postgres.session.connect import Connection, query, rows, translated
from migrator.postgres.session.records import records

__all__ = ["ROLE", "CaptureState", "install_capture", "read_capture", "uninstall_capture"]

# Writers queue behind a lock that is waited for: no longer than a person notices.
ATTEMPT_SECONDS = 0.2
# From this version on a partition's copy of a row trigger is its owner's to switch, and is made for later partitions
# with the state of the parent's. Before, each partition gets a trigger of its own.
COPIED_SINCE = 150000


class _Place(NamedTuple):
    """One table or partition, with the functions of our triggers on it, and when they fire (pg_trigger.tgenabled)."""

    root_schema: str
    root_name: str
    schema: str
    name: str
    kind: str
    depth: int
    row_function: str | None
    row_enabled: str | None
    truncate_function: str | None
    truncate_enabled: str | None

    @property
    def relation(self) -> Relation:
        return Relation(self.schema, self.name)


def install_capture(
    connection: Connection, tables: Sequence[CapturedTable], wait: LockWait, *, run: str, epoch: str
) -> None:
    """Captures the tables from now on, with their partitions; what an earlier call has done stays as it is.

    Each table is locked against its writers in attempts of a fifth of a second, the patience is that for all tables.
    When the call returns no writer of any of them is in flight that is not captured, prepared transactions included.
    Functions that are there stay: they may be closed to some tenants.

    Raises:
        DatabaseError: a table could not be locked within the patience; says who holds it.
        RefusedError: another run's capture is there, or a schema of its name that migrator did not make.
    """
    _make_log(connection, run=run, epoch=epoch)
    bodies = dict(rows(connection, "capture/functions"))
    standing = read_capture(connection)
    known = {table.number: table for table in standing.tables} if standing is not None else {}
    places = _places(connection, tables)
    deadline = wait.deadline()
    short = replace(wait, lock_timeout=min(wait.lock_timeout, ATTEMPT_SECONDS))
    for table in tables:
        if known.get(table.number, table) != table:
            raise ValueError(f"{known[table.number]} and {table} have the same number")
        body = bodies.get(function_name(table.number), "")
        works = bool(body) and not is_switched_off(body)
        if works and table.number in known and not list(_lacking(connection, table, places[table.relation])):
            continue

        work = partial(_capture, connection, table, () if works else (capture_function(table),))
        on_table(connection, table.relation, work, short, deadline)
    _note(connection)


def uninstall_capture(connection: Connection, wait: LockWait) -> int:
    """Takes capture off every table; returns of how many. Nothing is left of it in the database.

    First the functions stop doing anything, which waits for nobody. The triggers go one by one after that, each as soon
    as its table is to be had.

    Raises:
        DatabaseError: a table could not be locked within the patience; the same call goes on from there.
    """
    standing = read_capture(connection)
    if standing is None:
        return 0
    with translated(wait.endpoint), connection.transaction():
        # Without its epoch it is nobody's capture: whatever position somebody still has, it means nothing any more.
        _mark(connection, Mark(standing.run, ROLE))
        for name, _ in rows(connection, "capture/functions"):
            connection.execute(switched_off(int(name.rpartition("_")[2])))
    deadline = wait.deadline()
    short = replace(wait, lock_timeout=min(wait.lock_timeout, ATTEMPT_SECONDS))
    cleared = set()
    for schema, name, trigger in rows(connection, "capture/all_triggers"):
        relation = Relation(schema, name)
        drop = partial(connection.execute, _drop(trigger, relation))
        on_table(connection, relation, drop, short, deadline, against="everybody")
        cleared.add(relation)
    log = Relation(SCHEMA, "log")
    drop = partial(connection.execute, sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(SCHEMA)))
    on_table(connection, log, drop, short, deadline, against="everybody")
    return len(cleared)


def _note(connection: Connection) -> None:
    """Keeps what the catalog is like now: positions from here on are compared with it."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        position, watch = read_position(connection), read_watch(connection)
        if watch != newest_note(connection):
            note_watch(connection, position, watch)


def _make_log(connection: Connection, *, run: str, epoch: str) -> None:
    """Makes the log and its mark, together: a log that does not say whose it is could be removed by nobody."""
    standing = read_capture(connection)
    if standing is None and rows(connection, "capture/capture_mark"):
        raise RefusedError(
            f"The schema {SCHEMA} was not made by migrator.", "Rename it, then run the same command again."
        )
    if standing is not None and standing.run != run:
        raise RefusedError(
            f"Changes of this database are captured for the run {standing.run}.",
            "Go on with that run, or take its capture away: migrator follow uninstall.",
        )
    with connection.transaction():
        connection.execute(sql.SQL(query("capture/log_tables")))
        _mark(connection, Mark(run, ROLE, epoch=standing.epoch if standing and standing.epoch else epoch))


def _mark(connection: Connection, mark: Mark) -> None:
    connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(SCHEMA), sql.Literal(mark.text)))


def _capture(connection: Connection, table: CapturedTable, functions: Sequence[sql.Composed]) -> None:
    """Makes whatever is missing of one table's capture, in the open transaction; its function by `functions`."""
    root = _places(connection, [table])[table.relation][0]
    only = sql.SQL("") if root.kind == "p" else sql.SQL("ONLY ")
    # Before what is there is looked at: no partition comes, and no writer, until the transaction ends.
    connection.execute(sql.SQL("LOCK TABLE {}{} IN SHARE ROW EXCLUSIVE MODE").format(only, qualified(table.relation)))
    for statement in functions:
        connection.execute(statement)
    for statement in _lacking(connection, table, _places(connection, [table])[table.relation]):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO migrator_follow.tables VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [table.number, *table.relation, list(table.key), list(table.route), table.formatted],
    )


def _lacking(connection: Connection, table: CapturedTable, places: Sequence[_Place]) -> Iterator[sql.Composed]:
    """The statements that give a table and its partitions the triggers that they lack."""
    function = function_name(table.number)
    if connection.info.server_version >= COPIED_SINCE:
        yield from _row_triggers(places[0], places, function)
    else:  # the rows of a partitioned table are those of its partitions
        for place in places:
            if place.kind != "p":
                yield from _row_triggers(place, [place], function)
    for place in places:
        if place.truncate_function != function:
            if place.truncate_function is not None:
                yield _drop(TRUNCATE_TRIGGER, place.relation)
            yield _truncate_trigger(place.relation, function)
        elif place.truncate_enabled != "A":
            yield _always(TRUNCATE_TRIGGER, place.relation)


def _row_triggers(owner: _Place, places: Sequence[_Place], function: str) -> Iterator[sql.Composed]:
    """Gives `owner` the row trigger, of which the other places have copies."""
    if any(place.row_function != function for place in places):
        if owner.row_function is not None:
            yield _drop(TRIGGER, owner.relation)
        yield _row_trigger(owner, function)
    else:
        yield from (_always(TRIGGER, place.relation) for place in places if place.row_enabled != "A")


def _row_trigger(place: _Place, function: str) -> sql.Composed:
    # Of a partitioned table without ONLY: the copies that its partitions have now are to fire always, too.
    return sql.SQL(
        "CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION {function}(); "
        "ALTER TABLE {only}{table} ENABLE ALWAYS TRIGGER {trigger}"
    ).format(
        trigger=sql.Identifier(TRIGGER),
        table=qualified(place.relation),
        only=sql.SQL("") if place.kind == "p" else sql.SQL("ONLY "),
        function=sql.Identifier(SCHEMA, function),
    )


def _truncate_trigger(relation: Relation, function: str) -> sql.Composed:
    return sql.SQL(
        "CREATE TRIGGER {trigger} AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}(); "
        "ALTER TABLE ONLY {table} ENABLE ALWAYS TRIGGER {trigger}"
    ).format(
        trigger=sql.Identifier(TRUNCATE_TRIGGER), table=qualified(relation), function=sql.Identifier(SCHEMA, function)
    )


def _always(trigger: str, relation: Relation) -> sql.Composed:
    return sql.SQL("ALTER TABLE ONLY {} ENABLE ALWAYS TRIGGER {}").format(qualified(relation), sql.Identifier(trigger))


def _drop(trigger: str, relation: Relation) -> sql.Composed:
    return sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(trigger), qualified(relation))


def _places(connection: Connection, tables: Sequence[CapturedTable]) -> Mapping[Relation, list[_Place]]:
    """Each of the tables and its partitions, the table itself first.

    Raises:
        RefusedError: a table is not there.
    """
    names = [table.relation for table in tables]
    scope = {"schemas": [name.schema for name in names], "names": [name.name for name in names]}
    places: dict[Relation, list[_Place]] = defaultdict(list)
    for place in records(connection, "capture/triggers", _Place, scope):
        places[Relation(place.root_schema, place.root_name)].append(place)
    if gone := [name for name in names if name not in places]:
        raise RefusedError(f"The table {gone[0]} is not there any more.", "Plan anew: migrator dry-run.")
    return places
