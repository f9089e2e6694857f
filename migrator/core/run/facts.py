"""Facts of a run: what a stage leaves in the journal for later ones, each with its name and its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter, ValidationError

from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Difference
from migrator.errors import RefusedError
from migrator.settings import Spread

T = TypeVar("T")


@dataclass(frozen=True)
class Fact(Generic[T]):
    """A fact by its name in the journal, and how its value is made from JSON and into it."""

    name: str
    shape: TypeAdapter[T]

    def to_document(self, value: T) -> Any:
        """The value as JSON-ready data."""
        return self.shape.dump_python(value, mode="json")

    def from_document(self, document: Any) -> T:
        """The value that `to_document` wrote, in this version or an earlier one.

        Raises:
            RefusedError: it is of another shape.
        """
        try:
            return self.shape.validate_python(document)
        except ValidationError as error:
            place = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise RefusedError(
                f"The journal's fact {self.name!r} cannot be read: another version of migrator wrote it ({place}).",
                "Go on with the version that wrote it, or take the run back: migrator rollback --validate.",
            ) from error


# -- mappings whose keys are several names: JSON holds them as rows [*names, value] ------------------------------------


def _from_rows(rows: object) -> object:
    return {tuple(row[:-1]): row[-1] for row in rows} if isinstance(rows, list) else rows


def _to_rows(mapping: Mapping[Any, Any]) -> list[list[Any]]:
    return [[*key, value] for key, value in mapping.items()]


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
Rows = Annotated[Mapping[_Key, _Value], BeforeValidator(_from_rows), PlainSerializer(_to_rows)]


def _difference(document: object) -> object:
    return Difference(*document) if isinstance(document, (list, tuple)) else document


_DifferenceRow = Annotated[Difference, BeforeValidator(_difference), PlainSerializer(astuple)]


# -- backup, audit, clean ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BackupFact:
    """Where the run's backup is and what it is worth."""

    directory: str
    manifest: str  # SHA-256 of the manifest's file
    taken_at: str  # ISO 8601
    lsn: str
    tables: int
    rows: int
    bytes: int
    verified: bool
    verified_at: str | None


@dataclass(frozen=True, slots=True)
class AuditFact:
    """The newest audit, and where its document is."""

    file: str
    blocks: bool
    health: str
    findings: Mapping[str, int]
    rules: Sequence[str]  # that it was limited to; () for all


BACKUP = Fact("backup", TypeAdapter(BackupFact))
AUDIT = Fact("audit", TypeAdapter(AuditFact))
CLEAN: Fact[dict[str, Any]] = Fact("clean", TypeAdapter(dict[str, Any]))  # the newest clean's own document

# -- dry-run -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SplitTimes:
    """How long a plan takes, in seconds: computed, or measured by the rehearsal of that moment (ISO 8601)."""

    fingerprint: str  # of the plan
    migrate: float
    fenced: float  # the part of migrate that the source is fenced for
    verify: float
    back: float  # rollback
    measured_at: str = ""


MEASURED_TIMES = Fact("measured times", TypeAdapter(SplitTimes))

# -- migrate -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SequenceValues:
    """Behind which value each target's sequences go on, as they were taken in that epoch."""

    epoch: str
    values: Mapping[str, Rows[Relation, int]]


@dataclass(frozen=True, slots=True)
class ThrottleState:
    """How fast workers may go: why they pause ('' where they do not), and bytes a second of each."""

    paused: str = ""
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class TenantServers:
    """Where each tenant's database is, by its key, of tenants that are spread over several servers."""

    spread: Spread
    servers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SequenceBlocks:
    """The blocks of numbers that were reserved in that epoch, as documents, and the sequences that got none.

    `places` are databases by their place among those of their target; `without` is (target, schema, sequence, why).
    """

    epoch: str
    blocks: Sequence[dict[str, Any]]
    places: Mapping[str, int]
    without: Sequence[tuple[str, str, str, str]] = ()


HeapBlocks = tuple[int, int | None]  # heap blocks [first, last)

EPOCH = Fact("epoch", TypeAdapter(str))
PARTS = Fact("parts", TypeAdapter(list[tuple[str, tuple[HeapBlocks | None, ...]]]))  # by step
FILES = Fact("files", TypeAdapter(dict[str, int]))  # relfilenode by table
TABLES = Fact("tables", TypeAdapter(dict[str, list[str]]))  # partitions by table
SOURCE_OBJECTS: Fact[Mapping[tuple[str, str], str]] = Fact(
    "source objects", TypeAdapter(Rows[tuple[str, str], str])
)  # (kind, name) -> definition
SOURCE_ROWS = Fact("source rows", TypeAdapter(dict[str, int]))  # by table
SEQUENCES = Fact("sequences", TypeAdapter(SequenceValues))
PLANNED_STEPS: Fact[Mapping[str, int]] = Fact(
    "planned steps", TypeAdapter(dict[str, int])
)  # how many there will be, by kind
THROTTLE = Fact("pace", TypeAdapter(ThrottleState))
TENANT_SERVERS = Fact("tenant servers", TypeAdapter(TenantServers))
PASSWORDS = Fact("passwords handed out", TypeAdapter(list[str]))  # roles that have one

SEQUENCE_BLOCKS: Fact[SequenceBlocks | None] = Fact("sequence blocks", TypeAdapter(SequenceBlocks | None))
# Newer blocks of single databases, by database: (schema, sequence, first, last).
REFILLED_BLOCKS = Fact("refilled blocks", TypeAdapter(dict[str, list[tuple[str, str, int, int]]]))
# The furthest number of each source sequence that targets have drawn.
DRAWN_NUMBERS: Fact[Mapping[Relation, int]] = Fact("drawn numbers", TypeAdapter(Rows[Relation, int]))
# Up to which number each database that was taken back had drawn from its sequences.
SEQUENCE_POSITIONS: Fact[Mapping[str, Mapping[Relation, int]]] = Fact(
    "sequence positions", TypeAdapter(dict[str, Rows[Relation, int]])
)

# What another plan than the one that was begun has to read, or to reserve, again.
OF_PLAN = (EPOCH, PARTS, SEQUENCES, SEQUENCE_BLOCKS, REFILLED_BLOCKS)


def post_data(target: str) -> Fact[str]:
    """The script that builds what was left out of a target's bare clones."""
    return Fact(f"post-data:{target}", TypeAdapter(str))


# -- follow ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FollowStart:
    """Where following began: the epoch of capture, and the position at which all databases were copied.

    `copied` says that all of them hold their rows of that position.
    """

    epoch: str
    snapshot: str
    copied: bool = False


FOLLOW_START: Fact[FollowStart | None] = Fact("follow start", TypeAdapter(FollowStart | None))
# The blocks of numbers of databases that tenants have moved to, by database: (schema, sequence, first, last).
WAVE_BLOCKS = Fact("wave blocks", TypeAdapter(dict[str, list[tuple[str, str, int, int]]]))
FOLLOW_STOP = Fact("follow stop", TypeAdapter(bool))  # whether the follower is asked to end

# -- rollback ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CarriedBack:
    """What became of the targets' changes: how many rows were carried back, into which tables, and what waits."""

    rows: int
    file: str | None  # of the changes that wait
    tables: Sequence[str]
    kept: int
    renumbered: int = 0  # rows that were given another number


@dataclass(frozen=True, slots=True)
class Compared:
    """What had changed in the source while it was fenced, of how many tables."""

    changed: Sequence[_DifferenceRow]
    tables: int


CARRYING_BACK = Fact("carrying back", TypeAdapter(list[str]))  # tables
CARRIED_BACK: Fact[CarriedBack | None] = Fact("carried back", TypeAdapter(CarriedBack | None))
RESTORED = Fact("restored", TypeAdapter(str))  # the database beside the source that holds its backup
COMPARED = Fact("compared", TypeAdapter(Compared))
CONFLICT_FILES = Fact("conflict files", TypeAdapter(dict[str, int]))  # how many changes wait in each
# (database, schema, table, key, column, number) of rows that were given another number for the source.
NEW_NUMBERS = Fact("new numbers", TypeAdapter(list[tuple[str, str, str, str, str, str]]))
DROPPING = Fact("dropping", TypeAdapter(list[str]))  # databases
TENANTS_DROPPED = Fact("tenants taken back", TypeAdapter(dict[str, str]))  # key -> "begun" or "done"

# -- finish ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finishing:
    """What was chosen when the run passed its point of no return; `renamed` is the source's new name, or ''."""

    source: str  # what becomes of it
    renamed: str
    drop_templates: bool


FINISHING = Fact("finishing", TypeAdapter(Finishing))
# The definitions of templates that were dropped, by target: (kind, name) -> definition.
TEMPLATE_OBJECTS: Fact[dict[str, Mapping[tuple[str, str], str]]] = Fact(
    "template objects", TypeAdapter(dict[str, Rows[tuple[str, str], str]])
)
