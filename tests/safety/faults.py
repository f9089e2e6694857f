"""Fault injection underneath the driver: every statement that changes a state is a point where something can happen.

Nothing of it is in the program. The hooks are put into psycopg and into the few other ways in which migrator changes
something (client programs, files) for as long as a test wants them; so a new statement is a new point by itself.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import psycopg
from psycopg import _connection_base, sql

import migrator.postgres.backup.dump as dump_module
import migrator.postgres.copy.libpq_copy as copy_stream
import migrator.postgres.copy.relay as copy_module
import migrator.postgres.copy.sinks as sinks_module
import migrator.postgres.copy.spool as spool_module
import migrator.postgres.databases.post_data as deferred_module
import migrator.postgres.programs.programs as programs_module


class Crash(BaseException):
    """The process is gone: nothing that it would still have done reaches a database or a disk."""


@dataclass(frozen=True)
class Point:
    """One boundary: `label` says what is about to happen, without anything that differs from run to run.

    `name` is the label with what was changed before outside of the journal: the same journal entry is written in many
    situations.
    """

    label: str
    name: str
    number: int  # in the order of the run, from 1
    connection: psycopg.Connection[Any] | None = field(default=None, compare=False, repr=False)
    lasting: bool = True  # whether others see what it does as soon as it is done; what is in a transaction waits


# Called before a point takes effect. What it returns is called afterwards, when it has.
Action = Callable[[Point], Callable[[], None] | None]


class Faults:
    """What happens at which point. Points are counted and remembered; `action` is called before each takes effect."""

    def __init__(self, action: Action | None = None) -> None:
        self.action = action
        self.points: list[Point] = []
        self.dead = False
        self.connections: dict[int, psycopg.Connection[Any]] = {}
        self._before = "the beginning"
        self._lock = threading.RLock()
        self._writing: set[int] = set()

    @property
    def names(self) -> list[str]:
        """The different points met, in the order of their first time."""
        return list(dict.fromkeys(point.name for point in self.points))

    def reach(
        self, label: str, connection: psycopg.Connection[Any] | None = None, *, lasting: bool = True
    ) -> Callable[[], None]:
        """Counts a point and lets happen what is meant to happen there; returns what is to happen after it."""
        with self._lock:
            journal = label.startswith("journal:")
            name = f"{self._before} > {label}" if journal else label
            point = Point(label, name, len(self.points) + 1, connection, lasting)
            self.points.append(point)
            if not journal:
                self._before = label
        return (self.action(point) if self.action is not None else None) or _nothing

    def die(self) -> None:
        """From here on nothing gets through any more, whatever `finally` and `except` would like to do."""
        self.dead = True
        raise Crash

    def check_alive(self) -> None:
        if self.dead:
            raise Crash

    def statement(self, connection: psycopg.Connection[Any], text: str) -> Callable[[], None]:
        """A statement is about to be sent; returns what is to happen once it is carried out."""
        self.check_alive()
        key = id(connection)
        verb = changes(text)
        if verb is None:
            return _nothing
        if verb == "COMMIT":
            if key not in self._writing:
                return _nothing
            self._writing.discard(key)
        elif verb == "ROLLBACK":
            self._writing.discard(key)
            return _nothing
        elif connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE or not connection.autocommit:
            self._writing.add(key)
        return self.reach(f"{_place(connection)}: {verb}", connection, lasting=key not in self._writing)


def _nothing() -> None:
    """Nothing happens after most points."""


_SESSION = re.compile(
    r"^(SELECT|WITH|SHOW|SET|RESET|BEGIN|START|DECLARE|FETCH|CLOSE|MOVE|SAVEPOINT|RELEASE|LOCK|DISCARD|EXPLAIN|ANALYZE)\b",
    re.I,
)
_CHANGING_SELECT = re.compile(
    r"\b(setval|pg_terminate_backend|pg_logical_emit_message)\s*\(|\bINSERT INTO\b|\bDELETE FROM\b", re.I
)
_NAME = r'((?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))*)'
_VERBS = (
    (re.compile(rf"^(INSERT INTO|UPDATE|DELETE FROM)\s+(?:ONLY\s+)?{_NAME}", re.I), True),
    (re.compile(rf"^(COPY)\s+{_NAME}.*FROM STDIN", re.I | re.S), True),
    (
        re.compile(
            r"^((?:CREATE|DROP|ALTER|COMMENT ON|REFRESH|GRANT|REVOKE|TRUNCATE)"
            r"(?:\s+(?:OR REPLACE|TEMP|UNIQUE))*\s+\w+)",
            re.I,
        ),
        False,
    ),
    (re.compile(r"^(DO|CALL|PREPARE TRANSACTION|COMMIT PREPARED)\b", re.I), False),
)


def changes(text: str) -> str | None:
    """What a statement changes, in a few words that are the same in every run; None where it only reads."""
    text = re.sub(r"--[^\n]*(\n|$)|/\*.*?\*/", " ", text, flags=re.S).strip(" \n\t;")
    if re.match(r"(COMMIT|END)\b", text, re.I):
        return "COMMIT"
    if re.match(r"(ROLLBACK|ABORT)\b(?! TO)", text, re.I):
        return "ROLLBACK"
    if _SESSION.match(text):
        found = _CHANGING_SELECT.search(text)
        return f"SELECT {found[0].rstrip('( ')}" if found else None
    if text.upper().startswith("COPY (") or re.search(r"\bTO STDOUT\b", text, re.I):
        return None
    for pattern, named in _VERBS:
        if match := pattern.match(text):
            verb = " ".join(match[1].upper().split())
            return f"{verb} {match[2].replace(chr(34), '')}" if named else verb
    return " ".join(text.split()[:2]) if text else None


_RUN = re.compile(r"\d{8}-\d{6}-\w{4}(-\d+)?")
_DUMP = re.compile(r"^s[0-9a-f]{8}_.*\.\d+$")  # of a trial's database, before it is dropped


def _place(connection: psycopg.Connection[Any]) -> str:
    """Who is at work: what the session says of itself."""
    name = connection.info.parameter_status("application_name") or ""
    return "lock" if name.startswith("migrator lock") else _RUN.sub("", name.removeprefix("migrator ")).strip()


def _text(query: Any, connection: psycopg.Connection[Any]) -> str:
    if isinstance(query, bytes):
        return query.decode()
    return query.as_string(connection) if isinstance(query, sql.Composable) else str(query)


@contextmanager
def injected(faults: Faults) -> Iterator[Faults]:
    """Puts the hooks in for the duration of the block."""
    connect, execute, executemany = psycopg.connect, psycopg.Cursor.execute, psycopg.Cursor.executemany
    command = _connection_base.BaseConnection._exec_command
    begin_copy, end_copy = copy_stream.begin_copy, copy_stream.end_copy
    run_program, replace, rename = programs_module.run_program, os.replace, os.rename

    def hooked_connect(*arguments: Any, **named: Any) -> Any:
        faults.check_alive()
        connection = connect(*arguments, **named)
        faults.connections[id(connection)] = connection
        return connection

    def hooked_execute(self: psycopg.Cursor[Any], query: Any, *arguments: Any, **named: Any) -> Any:
        afterwards = faults.statement(self.connection, _text(query, self.connection))
        result = execute(self, query, *arguments, **named)
        afterwards()
        return result

    def hooked_executemany(self: psycopg.Cursor[Any], query: Any, *arguments: Any, **named: Any) -> None:
        afterwards = faults.statement(self.connection, _text(query, self.connection))
        executemany(self, query, *arguments, **named)
        afterwards()

    def hooked_command(self: psycopg.Connection[Any], query: Any, *arguments: Any, **named: Any) -> Any:
        afterwards = faults.statement(self, _text(query, self))
        result = yield from command(self, query, *arguments, **named)
        afterwards()
        return result

    def hooked_begin(connection: psycopg.Connection[Any], statement: str) -> None:
        afterwards = faults.statement(connection, statement)
        begin_copy(connection, statement)
        afterwards()

    def hooked_end(connection: psycopg.Connection[Any]) -> int:
        faults.check_alive()
        afterwards = faults.reach(f"{_place(connection)}: end of COPY", connection, lasting=False)
        taken = end_copy(connection)
        afterwards()
        return taken

    def hooked_program(program: Any, arguments: Sequence[str], *rest: Any, **named: Any) -> Any:
        faults.check_alive()
        faults.reach(f"program: {program.name} {_RUN.sub('RUN', named.get('purpose', ''))}".rstrip())
        return run_program(program, arguments, *rest, **named)

    def hooked_file(original: Callable[..., None], verb: str) -> Callable[..., None]:
        def hooked(source: Any, destination: Any, **named: Any) -> None:
            faults.check_alive()
            name = _DUMP.sub("DUMP", _RUN.sub("RUN", os.path.basename(os.fspath(destination))))
            faults.reach(f"file: {verb} {name}")
            original(source, destination, **named)

        return hooked

    with (
        mock.patch.object(psycopg, "connect", hooked_connect),
        mock.patch.object(psycopg.Cursor, "execute", hooked_execute),
        mock.patch.object(psycopg.Cursor, "executemany", hooked_executemany),
        mock.patch.object(_connection_base.BaseConnection, "_exec_command", hooked_command),
        mock.patch.multiple(copy_module, begin_copy=hooked_begin, end_copy=hooked_end),
        mock.patch.multiple(sinks_module, begin_copy=hooked_begin, end_copy=hooked_end),
        mock.patch.multiple(spool_module, begin_copy=hooked_begin, end_copy=hooked_end),
        mock.patch.object(dump_module, "run_program", hooked_program),
        mock.patch.object(deferred_module, "run_program", hooked_program),
        mock.patch.object(os, "replace", hooked_file(replace, "replace")),
        mock.patch.object(os, "rename", hooked_file(rename, "rename")),
    ):
        yield faults
