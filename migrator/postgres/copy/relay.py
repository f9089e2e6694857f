"""Reads one COPY of the source and routes each row to its tenant's database, or to a file on the way there.

The row loop is written for speed (measurements in docs/performance.md): psycopg.pq directly, because
`Cursor.copy()` costs three times as much a row; a split at most twice, because the rest of the line goes on as it
is; rows joined into blocks, because a put of its own for each row doubles the time; hashes added up, rows counted
and the clock read once a block. Text format, because binary carries type OIDs in arrays of user types, which differ
between databases.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from migrator.core.placement.tenants import UNOWNED
from migrator.core.run.step_id import StepId
from migrator.core.verify.digests import HASH_MODULUS
from migrator.errors import RefusedError
from migrator.postgres.copy.libpq_copy import begin_copy, copy_ended, end_copy, put, reader
from migrator.postgres.copy.sinks import NO_KEY, DatabaseSink, Sink, SpoolSink, copy_text, escaped
from migrator.postgres.copy.spool import SpoolFile
from migrator.postgres.session.connect import Connection, Endpoint, connect, query, restore_search_path, translated
from migrator.postgres.session.connection_pool import Sessions

BLOCK_ROWS = 1024  # rows joined before a put …
BLOCK_BYTES = 4096  # … or one row of more than this: a block, and so a sink, stays below about a megabyte
_PENDING_ROWS = 1 << 16  # in all sinks together, where there are thousands of them
_PROGRESS_SECONDS = 1.0

UnownedRows = Literal["block", "everyone", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Destination:
    """One tenant's database; the tenant is '' where the target is not per tenant."""

    tenant: str
    endpoint: Endpoint


@dataclass(frozen=True)
class CopyUnit:
    """One COPY of one table (or of some of its pages) for the databases of one target: picklable, holds no connection.

    `step` names it in the journal, `receipt` in the databases. With a `spool` the rows go into that file, from which
    the databases are loaded later; otherwise into the databases at once.

    `select` yields (tenant key, row hash, columns …); `insert` is the COPY … FROM STDIN of each destination.
    Rows of no listed tenant go into `quarantine` (the control database) where it is given; otherwise `unowned` says
    what becomes of rows without a key: "block" stops the unit, "everyone" copies them to each tenant, "elsewhere"
    leaves them to another unit. `epoch` names the state of the source that is read: receipts of another one are not
    trusted.
    """

    run: str
    step: StepId
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
    spool: str = ""
    set_search_path: str = ""  # run before a query of the operator's own
    unowned: UnownedRows = "block"
    quarantine: Endpoint | None = None


@dataclass
class CopyResult:
    """What one unit moved: rows and bytes sent, and per tenant (rows, hash) as the source gave them."""

    rows: int = 0
    bytes: int = 0
    digests: dict[str, tuple[int, int]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)  # tenant -> what happened in its database
    quarantined: int = 0


def relay(
    unit: CopyUnit,
    sessions: Sessions,
    report: Callable[[int, int], None],
    throttle: Callable[[int], None] = lambda size: None,
) -> CopyResult:
    """Carries out one unit. `report` is told (rows, bytes) about once a second.

    `throttle` is told the bytes of each block that was sent, and returns when the next one may be.

    A destination that fails loses its part of the unit only; it is named in the result's failures.

    Raises:
        DatabaseError: the source failed, or the snapshot is gone.
        RefusedError: rows belong to nobody and nothing says where they go.
        TargetsFailedError: the spool's disk is full.
    """
    route = _ToFile(unit) if unit.spool else _ToDatabases(unit, sessions)
    unowned = _Unowned(unit)
    block_rows = min(BLOCK_ROWS, max(16, _PENDING_ROWS // max(1, len(unit.destinations))))
    source = sessions.source(unit.source, unit.snapshot)
    result = CopyResult()
    try:
        with translated(unit.source):
            if unit.set_search_path:
                source.pgconn.exec_(unit.set_search_path.encode())
            else:
                restore_search_path(source)
            begin_copy(source, f"COPY ({unit.select}) TO STDOUT")
            get = source.pgconn.get_copy_data
            await_more = reader(source)
            find = route.sinks.get
            paced = 0
            next_report = time.monotonic() + _PROGRESS_SECONDS
            while True:
                count, data = get(1)
                if count <= 0:
                    if count < 0:
                        break
                    await_more()
                    continue
                key, hashed, row = bytes(data).split(b"\t", 2)
                sink = find(key) or route.open(key)
                if sink is None:
                    if key == NO_KEY and unit.unowned == "everyone":
                        unowned.count(hashed)
                        for each in route.everyone():
                            each.take(hashed, row, block_rows, BLOCK_BYTES)
                    else:
                        unowned.take(key, hashed, row)
                    continue
                pending = sink.pending
                pending.append(row)
                sink.hashes.append(hashed)
                if len(pending) >= block_rows or count > BLOCK_BYTES:
                    size = sink.flush()
                    paced += size
                    throttle(size)
                    if time.monotonic() > next_report:
                        report(*_moved(route.sinks.values()))
                        next_report = time.monotonic() + _PROGRESS_SECONDS
            copy_ended(source)
        unowned.commit()
        route.complete(result)
    except BaseException:
        route.abandon()
        unowned.abandon()
        sessions.release_source()
        raise
    throttle(result.bytes - paced)
    unowned.add_to(result)
    return result


class _ToDatabases:
    """A COPY into each destination, begun with its first row."""

    def __init__(self, unit: CopyUnit, sessions: Sessions) -> None:
        self.sinks: dict[bytes, DatabaseSink] = {}
        self._unit = unit
        self._sessions = sessions
        self._by_key = {escaped(one.tenant): one for one in unit.destinations}
        self._busy: set[str] = set()

    def open(self, key: bytes) -> DatabaseSink | None:
        destination = self._by_key.get(key)
        if destination is None:
            return None
        sink = self.sinks[key] = DatabaseSink(destination.tenant, destination.endpoint)
        sink.begin(self._sessions, self._unit.receipt, self._unit.epoch, self._unit.insert, self._busy)
        return sink

    def everyone(self) -> Iterable[Sink]:
        for key in self._by_key.keys() - self.sinks.keys():
            self.open(key)
        return self.sinks.values()

    def complete(self, result: CopyResult) -> None:
        for sink in self.sinks.values():
            sink.commit(self._unit.relation, self._unit.receipt, self._unit.epoch)
            result.digests[sink.tenant] = (sink.rows, sink.hash)
            if sink.failure:
                result.failures[sink.tenant] = sink.failure
        self._make_durable()
        result.rows, result.bytes = _moved(self.sinks.values())

    def _make_durable(self) -> None:
        """Puts on the disk what was committed without waiting for it, once for each server.

        The journal is about to say that the unit is done. The session that was opened first has seen the beginning of
        all the others, whose rows may also be those of an attempt before.
        """
        first: dict[str, DatabaseSink] = {}
        for sink in self.sinks.values():
            if not sink.failure:
                first.setdefault(sink.endpoint.at("postgres").conninfo, sink)
        for sink in first.values():
            sink.make_durable()

    def abandon(self) -> None:
        for sink in self.sinks.values():
            sink.abandon()


class _ToFile:
    """One file for all destinations, with each one's share of it; rows for everyone are in it once."""

    def __init__(self, unit: CopyUnit) -> None:
        self.sinks: dict[bytes, SpoolSink] = {}
        self._by_key = {escaped(one.tenant): one.tenant for one in unit.destinations}
        self._file = SpoolFile(unit.spool)
        self._everyone = SpoolSink("", self._file)

    def open(self, key: bytes) -> SpoolSink | None:
        tenant = self._by_key.get(key)
        if tenant is None:
            return None
        sink = self.sinks[key] = SpoolSink(tenant, self._file)
        return sink

    def everyone(self) -> Iterable[Sink]:
        return (self._everyone,)

    def complete(self, result: CopyResult) -> None:
        shares = {sink.tenant: sink.share() for sink in self.sinks.values()}
        common = self._everyone.share()
        self._file.complete(shares, common)
        for tenant in self._by_key.values():
            own = [shares[tenant]] if tenant in shares else []
            rows = common.rows + sum(share.rows for share in own)
            if rows:
                result.digests[tenant] = (rows, (common.hash + sum(share.hash for share in own)) % HASH_MODULUS)
        result.rows, result.bytes = _moved((*self.sinks.values(), *[self._everyone] * len(self._by_key)))

    def abandon(self) -> None:
        self._file.abandon()


class _Unowned:
    """A unit's rows of no known tenant: into quarantine, left to another unit, or a reason to stop."""

    def __init__(self, unit: CopyUnit) -> None:
        self._unit = unit
        self._hash = 0
        self._rows = 0
        self._quarantine: Connection | None = None

    def take(self, key: bytes, hashed: bytes, row: bytes) -> None:
        unit = self._unit
        if unit.quarantine is None and (unit.unowned != "elsewhere" or key != NO_KEY):
            shown = "no tenant key" if key == NO_KEY else f"the unknown tenant key {key.decode()!r}"
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
            head = [copy_text(text) for text in (unit.run, unit.receipt, unit.relation)]
            put(self._quarantine, b"\t".join([*head, key, copy_text(unit.columns), line]) + b"\n")

    def count(self, hashed: bytes) -> None:
        self._rows += 1
        self._hash += int(hashed)

    def _begin(self, endpoint: Endpoint) -> Connection:
        connection = connect(endpoint, purpose="quarantine")
        with translated(endpoint):
            connection.execute("BEGIN")
            connection.execute(query("copy/quarantine_forget"), {"run": self._unit.run, "unit": self._unit.receipt})
            begin_copy(
                connection, 'COPY migrator.quarantine (run_id, unit, relation, tenant_key, columns, "row") FROM STDIN'
            )
        return connection

    def commit(self) -> None:
        if self._quarantine is not None and self._unit.quarantine is not None:
            with translated(self._unit.quarantine):
                end_copy(self._quarantine)
                self._quarantine.execute("COMMIT")
            self._quarantine.close()
            self._quarantine = None

    def abandon(self) -> None:
        if self._quarantine is not None:
            self._quarantine.close()

    def add_to(self, result: CopyResult) -> None:
        if self._rows:
            result.digests[UNOWNED] = (self._rows, self._hash % HASH_MODULUS)
            result.quarantined = self._rows if self._unit.quarantine is not None else 0


def _moved(sinks: Iterable[Sink]) -> tuple[int, int]:
    """(rows, bytes) that were sent so far."""
    rows = size = 0
    for sink in sinks:
        rows += sink.rows
        size += sink.size
    return rows, size
