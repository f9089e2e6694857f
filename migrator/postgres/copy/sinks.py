"""Takes the rows of a copy unit: into a tenant's database, or into a file."""

from __future__ import annotations

from abc import ABC, abstractmethod

import psycopg

from migrator.core.placement.tenants import UNOWNED
from migrator.core.verify.digests import HASH_MODULUS
from migrator.errors import MigratorError
from migrator.postgres.copy.libpq_copy import begin_copy, end_copy, put, require_arrived
from migrator.postgres.copy.receipts import Receipt, find_receipt, write_receipt
from migrator.postgres.copy.spool import Share, SpoolFile
from migrator.postgres.session.connect import Connection, Endpoint, database_error, translated
from migrator.postgres.session.connection_pool import Sessions
from migrator.postgres.session.durability import flush_log

NO_KEY = UNOWNED.encode()

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})


def copy_text(value: str) -> bytes:
    """A value as COPY's text format writes it."""
    return value.translate(_ESCAPES).encode()


def escaped(key: str) -> bytes:
    """A tenant key as COPY's text format writes it; UNOWNED stands for NULL."""
    return NO_KEY if key == UNOWNED else copy_text(key)


class Sink(ABC):
    """One tenant's rows of one unit. The relay appends to `pending` and `hashes`, and flushes a block at a time."""

    __slots__ = ("failure", "hash", "hashes", "pending", "rows", "size", "tenant")

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.pending: list[bytes] = []  # rows and
        self.hashes: list[bytes] = []  # their hashes, not yet counted
        self.rows = 0
        self.size = 0
        self.hash = 0
        self.failure = ""

    def flush(self) -> int:
        """Counts what is pending and sends it on; returns its bytes."""
        block = b"".join(self.pending)
        self.rows += len(self.pending)
        self.size += len(block)
        self.hash = (self.hash + sum(map(int, self.hashes))) % HASH_MODULUS
        self.pending.clear()
        self.hashes.clear()
        if block:
            self._send(block)
        return len(block)

    def take(self, hashed: bytes, row: bytes, block_rows: int, block_bytes: int) -> None:
        """What the relay does with a row, for where it need not be fast."""
        self.pending.append(row)
        self.hashes.append(hashed)
        if len(self.pending) >= block_rows or len(row) > block_bytes:
            self.flush()

    @abstractmethod
    def _send(self, block: bytes) -> None: ...


class SpoolSink(Sink):
    """A tenant's blocks in the unit's file."""

    __slots__ = ("_blocks", "_file")

    def __init__(self, tenant: str, file: SpoolFile) -> None:
        super().__init__(tenant)
        self._file = file
        self._blocks: list[tuple[int, int]] = []

    def _send(self, block: bytes) -> None:
        self._blocks.append(self._file.append(block))

    def share(self) -> Share:
        """What of the file is this tenant's, everything flushed."""
        self.flush()
        return Share(self.rows, self.hash, self._blocks)


class DatabaseSink(Sink):
    """The COPY into one tenant's database. What it fails at concerns that database alone: `failure` says it."""

    __slots__ = ("_connection", "_receipt", "_session", "endpoint")

    def __init__(self, tenant: str, endpoint: Endpoint) -> None:
        super().__init__(tenant)
        self.endpoint = endpoint
        self._session: Connection | None = None
        self._connection: Connection | None = None  # None: discards (it has its rows already, or it failed)
        self._receipt: Receipt | None = None

    def begin(self, sessions: Sessions, receipt: str, epoch: str, insert: str, busy: set[str]) -> None:
        """Opens the transaction and its COPY, unless the database has its receipt."""
        try:
            connection = self._session = sessions.target(self.endpoint, busy)
            busy.add(self.endpoint.conninfo)
            with translated(self.endpoint):
                connection.execute("BEGIN")
                self._receipt = find_receipt(connection, receipt, epoch)
                if self._receipt is not None:
                    connection.execute("ROLLBACK")
                    return
                self._connection = connection
                begin_copy(connection, insert)
        except MigratorError as error:
            self._fail(error)

    def _send(self, block: bytes) -> None:
        if self._connection is not None:
            try:
                put(self._connection, block)
            except psycopg.Error as error:
                self._fail(database_error(error, self.endpoint))

    def commit(self, relation: str, receipt: str, epoch: str) -> None:
        """Ends the COPY and commits its rows together with their receipt."""
        self.flush()
        if self._receipt is not None and (self._receipt.rows, self._receipt.hash) != (self.rows, self.hash):
            database = self.endpoint.database
            self.failure = f"{database}: the source's rows of {receipt} are not those that were copied before"
            return
        if self._connection is None:
            return
        try:
            with translated(self.endpoint):
                arrived = end_copy(self._connection)
                require_arrived(self._connection, relation, sent=self.rows, arrived=arrived)
                write_receipt(self._connection, receipt, epoch, self.rows, self.hash)
                self._connection.execute("COMMIT")
        except MigratorError as error:
            self._fail(error)

    def make_durable(self) -> None:
        """Waits until what its server has committed since the session began is on the disk.

        Raises:
            DatabaseError: the session has ended: the server may have crashed, and not have what was committed.
        """
        if self._session is not None:
            with translated(self.endpoint):
                flush_log(self._session)

    def _fail(self, error: MigratorError) -> None:
        self.failure = error.message
        self.abandon()

    def abandon(self) -> None:
        """Gives up what was not committed: the session ends, and its transaction with it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
