"""The manifest of a backup: database, moment, rows, files; and what differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from migrator.core.plan.database_parameters import DatabaseSetting
from migrator.core.schema.catalog import Sequence
from migrator.core.verify.digests import Digest, differences
from migrator.errors import RefusedError


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """The database that was backed up. `server_version` is server_version_num: 180004."""

    system_identifier: str
    database: str
    server_version: int
    encoding: str

    @property
    def id(self) -> str:
        """As the journal names a source."""
        return f"{self.system_identifier}/{self.database}"


@dataclass(frozen=True, slots=True)
class TableState:
    """One table's rows; `hash` is the digest's, in hexadecimal, because JSON's numbers end at 2**53 in many readers."""

    schema: str
    name: str
    rows: int
    hash: str

    @property
    def digest(self) -> Digest:
        return Digest(f"{self.schema}.{self.name}", "", self.rows, int(self.hash, 16))

    @classmethod
    def of(cls, digest: Digest, schema: str, name: str) -> TableState:
        return cls(schema, name, digest.rows, f"{digest.hash:016x}")


@dataclass(frozen=True, slots=True)
class SequenceState:
    """One sequence; `last_value` is None where it was never used."""

    schema: str
    name: str
    last_value: int | None

    @classmethod
    def of(cls, sequence: Sequence) -> SequenceState:
        return cls(sequence.relation.schema, sequence.relation.name, sequence.last_value)


@dataclass(frozen=True, slots=True)
class DatabaseGrant:
    """One privilege on the database; `grantee` is '' for PUBLIC."""

    grantee: str
    privilege: Literal["CREATE", "CONNECT", "TEMPORARY"]
    grantable: bool


@dataclass(frozen=True, slots=True)
class DatabaseProperties:
    """What belongs to a database as a whole, which no archive of its contents brings back.

    `grants` is None where nobody ever granted or revoked anything on it.
    """

    owner: str
    connection_limit: int = -1
    comment: str | None = None
    settings: tuple[DatabaseSetting, ...] = ()
    grants: tuple[DatabaseGrant, ...] | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a database holds, in one snapshot; sequences are outside of snapshots and read as they stand.

    `objects` is the SHA-256 of every object's definition, in hexadecimal.
    """

    tables: tuple[TableState, ...]
    sequences: tuple[SequenceState, ...]
    objects: str
    large_objects: int = 0

    @property
    def digests(self) -> tuple[Digest, ...]:
        return tuple(table.digest for table in self.tables)

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def changes(self, now: Inventory) -> tuple[str, ...]:
        """What is different now, each in a few words; empty where nothing is."""
        rows = tuple(
            f"{difference.relation}: {difference.source_rows} rows then, {difference.target_rows} now"
            if difference.source_rows != difference.target_rows
            else f"{difference.relation}: other rows"
            for difference in differences(self.digests, now.digests)
        )
        gone = tuple(
            f"{table.schema}.{table.name}: {what}"
            for what, one, other in (("gone", self, now), ("new", now, self))
            for table in one.tables
            if (table.schema, table.name) not in {(known.schema, known.name) for known in other.tables}
        )
        sequences = ("sequences",) if set(self.sequences) != set(now.sequences) else ()
        objects = ("the schema",) if self.objects != now.objects and not gone else ()
        counts = self.large_objects, now.large_objects
        large = (f"large objects: {counts[0]} then, {counts[1]} now",) if counts[0] != counts[1] else ()
        return (*rows, *gone, *sequences, *large, *objects)


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One file of a backup, by its path relative to the backup's directory."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that a backup says about itself. Times are UTC, `seconds` is how long it took."""

    format: Literal[1]
    run: str
    source: SourceIdentity
    program: str
    lsn: str
    started_at: datetime
    finished_at: datetime
    seconds: float
    inventory: Inventory
    properties: DatabaseProperties
    files: tuple[BackupFile, ...]
    encryption: str = ""  # the program that it was encrypted with

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)

    def to_json(self) -> bytes:
        """The manifest as the text of manifest.json."""
        return _ADAPTER.dump_json(self, indent=2) + b"\n"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a trial restore: what differed, what could not be made, what was left out for lack of a role.

    `manifest` is the SHA-256 of the manifest that was compared with, `at` the time in UTC.
    """

    manifest: str
    at: datetime
    seconds: float
    tables: int
    rows: int
    differences: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.differences and not self.errors

    def to_json(self) -> bytes:
        """The result as the text of verified.json."""
        return _VERIFICATION.dump_json(self, indent=2) + b"\n"

    @classmethod
    def parse(cls, text: bytes) -> Verification | None:
        """The result that a file holds; None where it holds none, which counts as never tried."""
        try:
            return _VERIFICATION.validate_json(text)
        except ValidationError:
            return None


_ADAPTER = TypeAdapter(Manifest)
_VERIFICATION = TypeAdapter(Verification)


def parse_manifest(text: bytes, where: str) -> Manifest:
    """The manifest that a file holds; `where` names the file in errors.

    Raises:
        RefusedError: it is not a manifest that this version of migrator wrote.
    """
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RefusedError(
            f"{where} is not the manifest of a backup: {place + ': ' if place else ''}{first['msg']}.",
            "The backup cannot be trusted: take another one.",
        ) from error


@dataclass(frozen=True, slots=True)
class Defect:
    """One file that is not as the manifest says."""

    path: str
    what: str


def defects(expected: Iterable[BackupFile], present: Mapping[str, BackupFile]) -> tuple[Defect, ...]:
    """Where the files found, by path, are not those of the manifest."""
    known = {file.path: file for file in expected}
    wrong = []
    for path, file in sorted(known.items()):
        there = present.get(path)
        if there is None:
            wrong.append(Defect(path, "is missing"))
        elif there.bytes < file.bytes:
            wrong.append(Defect(path, f"is cut short: {there.bytes} of {file.bytes} bytes"))
        elif there != file:
            wrong.append(Defect(path, "is damaged: its SHA-256 is not that of the manifest"))
    wrong += [Defect(path, "does not belong to this backup") for path in sorted(present.keys() - known.keys())]
    return tuple(wrong)
