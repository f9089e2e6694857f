"""Keeps rows in files between the read of the source and the load of each database.

Where there are more databases than a run may hold sessions to, one pass over a table cannot feed all of them at once.
Its blocks are appended to a file then, with an index of where each tenant's are; and each database is filled, finished
and digested in a session of its own, table after table. The source is held no longer than it takes to read it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from migrator.core.verify.digests import HASH_MODULUS
from migrator.errors import DatabaseError, TargetsFailedError
from migrator.files import PRIVATE_FILE, private_directory, write_atomically
from migrator.postgres.copy.libpq_copy import begin_copy, end_copy, put, require_arrived
from migrator.postgres.copy.receipts import Receipt, find_receipts, write_receipts
from migrator.postgres.session.connect import Connection

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Load:
    """The file of one copy unit, as each database of a target loads it."""

    receipt: str
    relation: str
    insert: str  # COPY … FROM STDIN
    path: str


@dataclass(frozen=True, slots=True)
class Share:
    """What of a file belongs to one tenant: rows, their hash sum, and its blocks as (offset, length)."""

    rows: int
    hash: int
    blocks: list[tuple[int, int]]


class SpoolFile:
    """The file of one unit while it is written. Its index, written last, says that it is whole."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._size = 0
        with _disk_told(self._path):
            private_directory(self._path.parent)
            _index_of(self._path).unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            self._file = os.fdopen(os.open(self._path, flags, PRIVATE_FILE), "wb", _READ_BYTES)

    def append(self, block: bytes) -> tuple[int, int]:
        """Writes a block; returns where it is: (offset, length)."""
        with _disk_told(self._path):
            self._file.write(block)
        place = (self._size, len(block))
        self._size += len(block)
        return place

    def complete(self, shares: Mapping[str, Share], everyone: Share) -> None:
        """Ends the file. Each database gets the rows of `everyone`, beside its own share."""
        index = {
            "size": self._size,
            "everyone": [everyone.rows, everyone.hash, everyone.blocks],
            "tenants": {tenant: [one.rows, one.hash, one.blocks] for tenant, one in shares.items()},
        }
        with _disk_told(self._path):
            self._file.close()
            write_atomically(_index_of(self._path), json.dumps(index).encode())

    def abandon(self) -> None:
        """Closes what will not be completed."""
        self._file.close()


def is_spooled(path: str) -> bool:
    """Whether a unit's file is there and whole."""
    try:
        return _read_index(path).size == Path(path).stat().st_size
    except FileNotFoundError:
        return False


def load(connection: Connection, loads: Iterable[Load], tenant: str, epoch: str) -> None:
    """Copies a tenant's rows out of files into its database, within the caller's transaction, with their receipts.

    The files of one table, which follow each other, are one COPY: with thousands of small databases its beginning and
    end cost as much as the rows.

    Raises:
        DatabaseError: a file has changed since it was written, or the database took fewer rows than were sent.
        RefusedError: the database holds rows of another state of the source.
    """
    portions = [portion for one in loads if (portion := _portion(one, tenant, epoch)).receipt.rows]
    known = find_receipts(connection, [portion.load.receipt for portion in portions], epoch) if portions else {}
    for portion in portions:
        if known.get(portion.load.receipt, portion.receipt) != portion.receipt:
            raise DatabaseError(f"The source's rows of {portion.load.receipt} are not those that were copied before.")
    missing = [portion for portion in portions if portion.load.receipt not in known]
    for insert, group in groupby(missing, key=lambda portion: portion.load.insert):
        _copy(connection, insert, list(group))
    if missing:
        write_receipts(connection, {portion.load.receipt: portion.receipt for portion in missing})


def discard(directory: Path) -> None:
    """Removes a run's files; harmless where there are none."""
    if directory.exists():
        shutil.rmtree(directory)


@dataclass(frozen=True, slots=True)
class _Portion:
    """A tenant's rows of one file, and the receipt that they get."""

    load: Load
    shares: tuple[Share, ...]
    receipt: Receipt


def _portion(load: Load, tenant: str, epoch: str) -> _Portion:
    shares = _read_index(load.path).of(tenant)
    total = sum(share.hash for share in shares) % HASH_MODULUS
    return _Portion(load, shares, Receipt(epoch, sum(share.rows for share in shares), total))


def _copy(connection: Connection, insert: str, portions: Sequence[_Portion]) -> None:
    begin_copy(connection, insert)
    for portion in portions:
        for block in _blocks(portion.load.path, portion.shares):
            put(connection, block)
    sent = sum(portion.receipt.rows for portion in portions)
    require_arrived(connection, portions[0].load.relation, sent=sent, arrived=end_copy(connection))


@dataclass(frozen=True, slots=True)
class _Index:
    size: int
    everyone: Share
    tenants: Mapping[str, Share]

    def of(self, tenant: str) -> tuple[Share, ...]:
        own = self.tenants.get(tenant)
        return (self.everyone,) if own is None else (own, self.everyone)


def _index_of(path: Path) -> Path:
    return path.with_suffix(".index")


def _read_index(path: str) -> _Index:
    index = _index_of(Path(path))
    return _parsed_index(index, index.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _parsed_index(path: Path, _: int) -> _Index:
    """Each worker reads an index once, and again where it was written anew."""
    document = json.loads(path.read_bytes())
    tenants = {tenant: Share(*found) for tenant, found in document["tenants"].items()}
    return _Index(document["size"], Share(*document["everyone"]), tenants)


def _blocks(path: str, shares: tuple[Share, ...]) -> Iterator[bytes]:
    with open(path, "rb", buffering=0) as file:
        for share in shares:
            for offset, length in share.blocks:
                block = os.pread(file.fileno(), length, offset)
                if len(block) != length:
                    raise DatabaseError(f"{path} is shorter than when it was written.", "Run `migrator migrate` again.")
                yield block


@contextmanager
def _disk_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TargetsFailedError(
            f"{path.parent} cannot take the rows that are read from the source: {error.strerror}.",
            "Free space there, or name another directory ([paths] spool), then run `migrator migrate` again.",
        ) from error
