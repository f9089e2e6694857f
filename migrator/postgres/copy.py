"""The relay: one COPY out of the source, routed row by row to a COPY into each tenant's database.

The row loop is written for speed (measurements in docs/performance.md): psycopg.pq directly, because
`Cursor.copy()` costs three times as much a row; a split at most twice, because the rest of the line goes on as it
is; rows joined into blocks, because a put of its own for each row doubles the time; hashes added up, rows counted
and the clock read once a block. Text format, because binary carries type OIDs in arrays of user types, which differ
between databases.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import psycopg
from psycopg import pq

from migrator.core.compare import HASH_MODULUS, UNOWNED
from migrator.errors import DatabaseError, InterruptedRunError, MigratorError, RefusedError, SnapshotLostError
from migrator.postgres.connect import Connection, Endpoint, connect, database_error, query, translated

# Room for the hash table of a parent with millions of rows: with the default 4 MB the join would go by disk.
READING = {"work_mem": "256MB"}

BLOCK_ROWS = 256  # rows joined before a put …
BLOCK_BYTES = 4096  # … or one row of more than this: a block, and so a sink, stays below about a megabyte
_PROGRESS_SECONDS = 1.0
_NULL = UNOWNED.encode()

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})


def escaped(key: str) -> bytes:
    """A tenant key as COPY's text format writes it; UNOWNED stands for NULL."""
    return _NULL if key == UNOWNED else key.translate(_ESCAPES).encode()


UnownedRows = Literal["block", "everyone", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Destination:
    """One tenant's database; the tenant is '' where the target is not per tenant."""

    tenant: str
    endpoint: Endpoint


@dataclass(frozen=True)
class CopyUnit:
    """One COPY of one table (or of some of its pages) into some databases: picklable, and holds no connection.

    `step` names it in the journal, `receipt` in the databases: units that differ only in their databases share it.

    `select` yields (tenant key, row hash, columns …); `insert` is the COPY … FROM STDIN of each destination.
    Rows of no listed tenant go into `quarantine` (the control database) where it is given; otherwise `unowned` says
    what becomes of rows without a key: "block" stops the unit, "everyone" copies them to each tenant, "elsewhere"
    leaves them to another unit. `epoch` names the state of the source that is read: receipts of another one are not
    trusted.
    """

    run: str
    step: str
    receipt: str
    relation: str
    target: str
    epoch: str
    snapshot: str
    source: Endpoint
    select: str
    insert: str
    columns: str
    destinations: tuple[Destination, ...]
    set_search_path: str = ""  # run before a query of the operator's own
    unowned: UnownedRows = "block"
    quarantine: Endpoint | None = None
    first: bool = True  # of the units that read the same rows for other databases: it accounts for those of nobody
    ordered: bool = False  # rows come tenant by tenant: a database is done, and its session free, when the next begins


@dataclass
class CopyResult:
    """What one unit moved: rows and bytes sent, and per tenant (rows, hash) as the source gave them."""

    rows: int = 0
    bytes: int = 0
    digests: dict[str, tuple[int, int]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)  # tenant -> what happened in its database
    quarantined: int = 0


class Sessions:
    """The sessions of one worker: one to the source under the snapshot, and those to targets, kept for the next unit.

    At most `limit` target sessions are open; the one used longest ago is closed first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._targets: dict[str, Connection] = {}
        self._source: tuple[str, Connection] | None = None
        self._cut = False

    def source(self, endpoint: Endpoint, snapshot: str) -> Connection:
        """A session in a transaction under the exported snapshot."""
        self._refuse_if_cut()
        if self._source is not None and self._source[0] == snapshot and not self._source[1].broken:
            return self._source[1]
        if self._source is not None:
            self._source[1].close()
            self._source = None
        connection = connect(endpoint, purpose="copy", settings=READING)
        try:
            join_snapshot(connection, endpoint, snapshot)
        except BaseException:
            connection.close()
            raise
        self._source = (snapshot, connection)
        return connection

    def release_source(self) -> None:
        """Ends the session on the source, so that nothing holds its xmin."""
        if self._source is not None:
            self._source[1].close()
            self._source = None

    def target(self, endpoint: Endpoint, busy: frozenset[str] | set[str] = frozenset()) -> Connection:
        """A session to a target database; those in `busy` (by conninfo) are not closed to make room."""
        self._refuse_if_cut()
        found = self._targets.pop(endpoint.conninfo, None)
        if found is None or found.closed or found.broken:
            idle = [key for key in self._targets if key not in busy]
            while len(self._targets) >= self._limit and idle:
                self._targets.pop(idle.pop(0)).close()
            found = connect(endpoint, purpose="copy", settings={"synchronous_commit": "off"})
        self._targets[endpoint.conninfo] = found
        return found

    def close(self) -> None:
        """Closes every session."""
        self.release_source()
        for connection in self._targets.values():
            connection.close()
        self._targets.clear()

    def cut(self) -> None:
        """Ends every session, from whichever thread: a unit in the middle of one fails, and its transactions end."""
        self._cut = True
        source = [self._source[1]] if self._source is not None else []
        for connection in (*source, *self._targets.values()):
            # Closing would free what the other thread reads from; its socket may be shut down under it.
            with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as one:
                one.shutdown(socket.SHUT_RDWR)

    def _refuse_if_cut(self) -> None:
        if self._cut:
            raise InterruptedRunError("This worker's run has ended without it.", "Run `migrator migrate` again.")


def join_snapshot(connection: Connection, endpoint: Endpoint, snapshot: str) -> None:
    """Begins a read-only transaction that sees what the exporting one sees.

    Raises:
        SnapshotLostError: the session that exported it is gone.
    """
    try:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(psycopg.sql.Literal(snapshot)))
    except psycopg.Error as error:
        if error.sqlstate in {"22023", "55000", "42704"}:
            raise SnapshotLostError(
                f"{endpoint}: the snapshot that this run reads from is gone: the session that exported it has ended.",
                "Run `migrator migrate` again. Under the fence what was copied is kept, otherwise all is copied again.",
            ) from error
        raise database_error(error, endpoint) from error


class _Sink:
    """The COPY of one destination within one unit."""

    __slots__ = (
        "connection",
        "destination",
        "done",
        "failure",
        "hash",
        "hashes",
        "pace",
        "pending",
        "receipt",
        "rows",
        "size",
    )

    def __init__(self, destination: Destination, pace: Callable[[int], None]) -> None:
        self.destination = destination
        self.pace = pace
        self.connection: Connection | None = None  # None: discards (it has its rows already, or it failed)
        self.receipt: tuple[int, int] | None = None
        self.pending: list[bytes] = []  # rows and
        self.hashes: list[bytes] = []  # their hashes, not yet counted
        self.rows = 0
        self.size = 0
        self.hash = 0
        self.failure = ""
        self.done = False

    def begin(self, sessions: Sessions, unit: CopyUnit, busy: set[str]) -> None:
        try:
            connection = sessions.target(self.destination.endpoint, busy)
            busy.add(self.destination.endpoint.conninfo)
            with translated(self.destination.endpoint):
                connection.execute("BEGIN")
                found = connection.execute(query("receipt_read"), {"unit": unit.receipt}).fetchone()
                if found is not None:
                    connection.execute("ROLLBACK")
                    if found[0] != unit.epoch:
                        database = self.destination.endpoint.database
                        raise RefusedError(
                            f"{database} holds rows of {unit.step} from another state of the source.",
                            "Run `migrator rollback`, then start again from dry-run.",
                        )
                    self.receipt = (found[1], int(found[2]))
                    return
                self.connection = connection
                _start_copy(connection, unit.insert)
        except MigratorError as error:
            self.fail(error)

    def flush(self) -> None:
        """Counts what is pending and sends it."""
        block = b"".join(self.pending)
        self.rows += len(self.pending)
        self.size += len(block)
        self.hash += sum(map(int, self.hashes))
        self.pending.clear()
        self.hashes.clear()
        self.pace(len(block))
        if self.connection is not None and block:
            try:
                self.connection.pgconn.put_copy_data(block)
                _send_all(self.connection)
            except psycopg.Error as error:
                self.fail(database_error(error, self.destination.endpoint))

    def commit(self, unit: CopyUnit) -> None:
        """Ends the COPY and commits its rows together with their receipt."""
        if self.done:
            return
        self.done = True
        self.flush()
        if self.receipt is not None and self.receipt != (self.rows, self.hash % HASH_MODULUS):
            database = self.destination.endpoint.database
            self.failure = f"{database}: the source's rows of {unit.step} are not those that were copied before"
            return
        if self.connection is None:
            return
        try:
            with translated(self.destination.endpoint):
                arrived = _end_copy(self.connection)
                if arrived != self.rows:
                    raise DatabaseError(
                        f"{self.destination.endpoint}: of {self.rows} rows of {unit.relation} {arrived} arrived.",
                        "A rule or a trigger of the target's schema takes rows away: remove it.",
                    )
                write_receipt(self.connection, unit.receipt, unit.epoch, self.rows, self.hash % HASH_MODULUS)
                self.connection.execute("COMMIT")
        except MigratorError as error:
            self.fail(error)

    def fail(self, error: MigratorError) -> None:
        self.failure = error.message
        self.abandon()

    def abandon(self) -> None:
        """Gives up what was not committed: the session ends, and its transaction with it."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def relay(
    unit: CopyUnit,
    sessions: Sessions,
    report: Callable[[int, int], None],
    pace: Callable[[int], None] = lambda size: None,
) -> CopyResult:
    """Carries out one unit. `report` is told (rows, bytes) about once a second.

    `pace` is told the bytes of each block before it is sent, and returns when it may be.

    A destination that fails loses its part of the unit only; it is named in the result's failures.

    Raises:
        DatabaseError: the source failed, or the snapshot is gone.
        RefusedError: rows belong to nobody and nothing says where they go.
    """
    sinks: dict[bytes, _Sink] = {}
    by_key = {escaped(destination.tenant): destination for destination in unit.destinations}
    unowned = _Unowned(unit)
    busy: set[str] = set()

    def open_sink(key: bytes) -> _Sink | None:
        destination = by_key.get(key)
        if destination is None:
            return None
        if unit.ordered and sinks:
            last = next(reversed(sinks.values()))
            last.commit(unit)
            busy.discard(last.destination.endpoint.conninfo)
        sink = sinks[key] = _Sink(destination, pace)
        sink.begin(sessions, unit, busy)
        return sink

    source = sessions.source(unit.source, unit.snapshot)
    result = CopyResult()
    try:
        with translated(unit.source):
            source.pgconn.exec_((unit.set_search_path or "SET search_path = ''").encode())
            _start_copy(source, f"COPY ({unit.select}) TO STDOUT")
            get = source.pgconn.get_copy_data
            await_more = _reader(source)
            find = sinks.get
            next_report = time.monotonic() + _PROGRESS_SECONDS
            while True:
                count, data = get(1)
                if count <= 0:
                    if count < 0:
                        break
                    await_more()
                    continue
                key, hashed, row = bytes(data).split(b"\t", 2)
                sink = find(key) or open_sink(key)
                if sink is None:
                    if key == _NULL and unit.unowned == "everyone":
                        unowned.count(hashed)
                        for each in by_key:
                            _give(find(each) or open_sink(each), hashed, row)
                    else:
                        unowned.take(key, hashed, row)
                    continue
                pending = sink.pending
                pending.append(row)
                sink.hashes.append(hashed)
                if len(pending) >= BLOCK_ROWS or count > BLOCK_BYTES:
                    sink.flush()
                    if time.monotonic() > next_report:
                        report(*_moved(sinks.values()))
                        next_report = time.monotonic() + _PROGRESS_SECONDS
            _check(source, pq.ExecStatus.COMMAND_OK)
        unowned.commit()
        for sink in sinks.values():
            sink.commit(unit)
    except BaseException:
        for sink in sinks.values():
            sink.abandon()
        unowned.abandon()
        sessions.release_source()
        raise
    result.rows, result.bytes = _moved(sinks.values())
    for sink in sinks.values():
        result.digests[sink.destination.tenant] = (sink.rows, sink.hash % HASH_MODULUS)
        if sink.failure:
            result.failures[sink.destination.tenant] = sink.failure
    unowned.add_to(result)
    return result


class _Unowned:
    """A unit's rows of no known tenant: into quarantine, left to another unit, or a reason to stop."""

    def __init__(self, unit: CopyUnit) -> None:
        self._unit = unit
        self._hash = 0
        self._rows = 0
        self._quarantine: Connection | None = None

    def take(self, key: bytes, hashed: bytes, row: bytes) -> None:
        unit = self._unit
        if unit.quarantine is None and (unit.unowned != "elsewhere" or key != _NULL):
            shown = "no tenant key" if key == _NULL else f"the unknown tenant key {key.decode()!r}"
            raise RefusedError(
                f"{unit.relation} holds rows with {shown}.",
                f'Clean them, or say where they go: [tables."{unit.relation}"] unowned = "quarantine".',
            )
        self.count(hashed)
        if unit.quarantine is not None:
            if self._quarantine is None:
                self._quarantine = self._begin(unit.quarantine)
            # The line is data now: its backslashes and tabs are escaped once more, its newline ends ours.
            line = row[:-1].replace(b"\\", b"\\\\").replace(b"\t", b"\\t")
            head = "\t".join(text.translate(_ESCAPES) for text in (unit.run, unit.step, unit.relation))
            columns = unit.columns.translate(_ESCAPES).encode()
            self._quarantine.pgconn.put_copy_data(b"\t".join([head.encode(), key, columns, line]) + b"\n")
            _send_all(self._quarantine)

    def count(self, hashed: bytes) -> None:
        self._rows += 1
        self._hash += int(hashed)

    def _begin(self, endpoint: Endpoint) -> Connection:
        connection = connect(endpoint, purpose="quarantine")
        with translated(endpoint):
            connection.execute("BEGIN")
            connection.execute(query("quarantine_forget"), {"run": self._unit.run, "unit": self._unit.step})
            _start_copy(
                connection, 'COPY migrator.quarantine (run_id, unit, relation, tenant_key, columns, "row") FROM STDIN'
            )
        return connection

    def commit(self) -> None:
        if self._quarantine is not None and self._unit.quarantine is not None:
            with translated(self._unit.quarantine):
                _end_copy(self._quarantine)
                self._quarantine.execute("COMMIT")
            self._quarantine.close()
            self._quarantine = None

    def abandon(self) -> None:
        if self._quarantine is not None:
            self._quarantine.close()

    def add_to(self, result: CopyResult) -> None:
        if self._rows and self._unit.first:
            result.digests[UNOWNED] = (self._rows, self._hash % HASH_MODULUS)
            result.quarantined = self._rows if self._unit.quarantine is not None else 0


def _give(sink: _Sink | None, hashed: bytes, row: bytes) -> None:
    assert sink is not None
    sink.pending.append(row)
    sink.hashes.append(hashed)
    if len(sink.pending) >= BLOCK_ROWS or len(row) > BLOCK_BYTES:
        sink.flush()


def _moved(sinks: Iterable[_Sink]) -> tuple[int, int]:
    """(rows, bytes) that were sent so far."""
    rows = size = 0
    for sink in sinks:
        rows += sink.rows
        size += sink.size
    return rows, size


def _start_copy(connection: Connection, statement: str) -> None:
    result = connection.pgconn.exec_(statement.encode())
    if result.status not in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT):
        raise psycopg.errors.error_from_result(result, encoding="utf-8")


def _reader(connection: Connection) -> Callable[[], None]:
    """Waits until the server has sent more, and takes it in.

    libpq would wait by itself, but the driver keeps the GIL meanwhile: for as long as a server sorts before its first
    row, no other thread of the worker could tell its cluster that it lives, or see that the run is over.
    """
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    consume = connection.pgconn.consume_input

    def await_more() -> None:
        poll.poll()
        consume()

    return await_more


def _send_all(connection: Connection) -> None:
    """Waits until the socket has taken what was put: a slow target slows its source down, and does not fill the memory.

    The driver's connections do not block: what the socket does not take libpq keeps, however much that becomes.
    """
    pgconn = connection.pgconn
    poll = None
    while pgconn.flush():
        if poll is None:
            poll = select.poll()
            poll.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        if any(event & select.POLLIN for _, event in poll.poll()):
            pgconn.consume_input()  # a server that has much to say reads nothing until it is heard


def _end_copy(connection: Connection) -> int:
    """Ends a COPY FROM STDIN; returns how many rows the server took."""
    connection.pgconn.put_copy_end()
    result = _check(connection, pq.ExecStatus.COMMAND_OK)
    return result.command_tuples or 0


def _check(connection: Connection, wanted: pq.ExecStatus) -> pq.abc.PGresult:
    """The result that ends a COPY; libpq's protocol is read up to its end."""
    pgconn = connection.pgconn
    last: pq.abc.PGresult | None = None
    _send_all(connection)
    await_more = _reader(connection)
    while pgconn.is_busy():
        await_more()
    while (result := pgconn.get_result()) is not None:
        last = result
        if result.status != wanted:
            raise psycopg.errors.error_from_result(result, encoding="utf-8")
    if last is None:
        raise psycopg.OperationalError("the connection was lost in the middle of a COPY")
    return last


def write_receipt(connection: Connection, unit: str, epoch: str, rows: int = 0, hash_: int = 0) -> None:
    """Records a unit in the transaction that did it."""
    connection.execute(query("receipt_write"), {"unit": unit, "epoch": epoch, "rows": rows, "hash": hash_})


def read_receipts(connection: Connection) -> Mapping[str, tuple[str, int, int]]:
    """The receipts of a target database: unit -> (epoch, rows, hash)."""
    return {unit: (epoch, rows, int(total)) for unit, epoch, rows, total in connection.execute(query("receipts"))}
