"""The facts that rules decide from: schema, placements, and what was read and counted in the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrator.core.placement.model import Placement, Placements
from migrator.core.plan.checks import LargeObjectFacts, Population, ServerFacts
from migrator.core.plan.steps import Plan
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.core.verify.object_differences import ObjectDifference

Scope = Literal["tables", "columns", "foreign keys", "indexes", "sequences", "database"]


@dataclass(frozen=True, slots=True)
class IndexFact:
    """One index with what decides whether it serves, and whether another one does the same.

    Indexes of partitions are listed too; `attached` ones belong to an index of the parent and are judged with it.
    `signature` is equal for two indexes of one table that hold the same entries in the same order: access method,
    columns, expressions, operator classes, collations, directions, predicate.
    """

    name: Relation
    table: Relation
    root: Relation  # the table's topmost partitioned parent, or itself
    columns: tuple[str | None, ...]  # None: an expression
    method: str = "btree"
    signature: str = ""
    unique: bool = False
    primary: bool = False
    immediate: bool = True
    valid: bool = True
    building: bool = False
    predicate: str | None = None
    ordered: bool = True  # every column ascending, with its type's own operators and collation, nothing INCLUDEd
    constraint: str = ""  # pg_constraint.contype of the constraint it stands behind: p, u or x
    constraint_name: str = ""
    referenced: bool = False  # by a foreign key, or as replica identity
    partitioned: bool = False
    attached: bool = False
    nulls_distinct: bool = True  # whether a unique index takes NULL for different from NULL
    scans: int = 0  # since statistics were last reset
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class HeapSize:
    """How large a table's or partition's heap is, and what its rows need by the planner's statistics, in bytes."""

    relation: Relation
    root: Relation  # the topmost partitioned parent, or itself
    bytes: int
    needed: int


@dataclass(frozen=True, slots=True)
class LooseConstraint:
    """A constraint that existing rows need not satisfy: NOT VALID, or NOT ENFORCED. `table` may be a domain."""

    table: Relation
    name: str
    kind: str  # pg_constraint.contype
    definition: str
    enforced: bool = True
    domain: bool = False


@dataclass(frozen=True, slots=True)
class TriggerFact:
    """A trigger that somebody wrote, and the routine that it calls."""

    table: Relation
    name: str
    routine: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CheckFact:
    """A CHECK constraint, and one routine that it calls."""

    table: Relation
    name: str
    routine: str


@dataclass(frozen=True, slots=True)
class RoutineFact:
    """A function or procedure. `tables` are those that the catalog knows it depends on, `body` its text."""

    identity: str  # schema.name(argument types)
    language: str = "plpgsql"
    body: str = ""
    tables: tuple[Relation, ...] = ()
    security_definer: bool = False
    search_path: bool = False  # whether it has a search_path of its own


@dataclass(frozen=True, slots=True)
class ViewFact:
    """A view or materialized view with every table below it, through other views too."""

    relation: Relation
    materialized: bool = False
    tables: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Occupant:
    """Something that holds the server's cleaning, or a lock, for long: what, by what name, for how many seconds."""

    kind: Literal["transaction", "idle transaction", "prepared transaction", "replication slot"]
    name: str
    detail: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class UnownedRows:
    """Rows of one tenant table: how many each tenant has, and those without a known one, counted by why.

    `unset` have no key (or no parent) of their own, `beneath` hang on such a row, `unreachable` name a parent that is
    missing, `unknown` carry a key that no tenant has.
    """

    relation: Relation
    total: int
    unset: int = 0
    beneath: int = 0
    unreachable: int = 0
    unknown: int = 0
    unknown_keys: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    by_tenant: Mapping[str, int] = field(default_factory=dict)  # the rows that do have a known tenant

    def population(self, target: str) -> Population:
        """The same count as what a target gets of the table."""
        without_key = self.unset + self.beneath + self.unreachable
        return Population(self.relation, target, self.by_tenant, without_key, self.unknown)


@dataclass(frozen=True, slots=True)
class ReferenceRows:
    """What one foreign key's rows refer to.

    `orphans` name a parent that does not exist, `cross_tenant` one of another tenant, `parent_elsewhere` one that
    their own tenant's database will not have, because it belongs to no tenant.
    """

    key: ForeignKey
    orphans: int = 0
    cross_tenant: int = 0
    parent_elsewhere: int = 0
    orphan_samples: tuple[str, ...] = ()
    cross_tenant_samples: tuple[str, ...] = ()
    parent_elsewhere_samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CleanableRows:
    """How many rows a `[clean.NAME]` rule matches, by table."""

    name: str
    kind: str
    rows: Mapping[Relation, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class RoleFact:
    """A role that owns objects of the source, or is granted something on them."""

    name: str
    tables: int = 0  # that it owns
    granted: bool = False
    superuser: bool = False


@dataclass(frozen=True, slots=True)
class DriftedDatabase:
    """A target database whose objects are not its template's."""

    database: str
    objects: tuple[ObjectDifference, ...]


@dataclass(frozen=True)
class TargetFacts:
    """What is to be made on the target servers, and what they say about themselves.

    `plan` is None where none can be made: for the reason in `obstacle`, or because of a `conflict` between names.
    `drifted` is read once databases are there. `roles_of_trees` are the roles that the trees name as owners or grant
    something; None where the trees were not read.
    """

    plan: Plan | None = None
    obstacle: str = ""
    conflict: str = ""
    run: str = ""
    jobs: int = 1
    servers: tuple[ServerFacts, ...] = ()
    unreachable: Mapping[str, str] = field(default_factory=dict)  # server -> why
    drifted: tuple[DriftedDatabase, ...] = ()
    roles_of_trees: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RevisionFault:
    """Why a revision of an Alembic history does not run; `revision` is empty where the history cannot be loaded.

    `line` is the line of the revision's file that was at work, `relation` what PostgreSQL says does not exist.
    """

    revision: str
    error: str
    file: str = ""
    line: int | None = None
    statement: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class HistoryFact:
    """What came of running an Alembic history on an empty database.

    `tables` are those that it made, up to its head or to the fault. `unknown_tables` and `other_changes` are what
    autogenerate would drop or change there: None where it was not asked.
    """

    directory: str
    heads: tuple[str, ...]
    fault: RevisionFault | None = None
    tables: frozenset[Relation] = frozenset()
    unknown_tables: tuple[str, ...] | None = None
    other_changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything that the rules look at, read in one snapshot."""

    catalog: Catalog
    placements: Placements
    tenant_targets: frozenset[str] = frozenset()  # targets that have a database per tenant
    role: str = ""  # whom the source session is connected as
    indexes: tuple[IndexFact, ...] = ()
    loose_constraints: tuple[LooseConstraint, ...] = ()
    branches: frozenset[Relation] = frozenset()  # partitions that are partitioned themselves: they hold no rows
    disabled_keys: frozenset[tuple[Relation, str]] = frozenset()  # (table, name) of keys whose triggers are off
    temporal_keys: frozenset[tuple[Relation, str]] = frozenset()  # keys of a range (PERIOD)
    triggers: tuple[TriggerFact, ...] = ()
    checks: tuple[CheckFact, ...] = ()
    routines: tuple[RoutineFact, ...] = ()
    views: tuple[ViewFact, ...] = ()
    foreign_tables: Mapping[Relation, str] = field(default_factory=dict)  # with the server's name
    domains: Mapping[str, str] = field(default_factory=dict)  # a domain's type -> the type below it
    heaps: tuple[HeapSize, ...] = ()
    statistics_days: float = 0  # for how long index scans have been counted
    ages: Mapping[Relation, int] = field(default_factory=dict)  # transactions since the oldest unfrozen row
    hidden: frozenset[Relation] = frozenset()  # row security applies to the connected role
    unreadable: frozenset[Relation] = frozenset()  # the connected role has no SELECT
    occupants: tuple[Occupant, ...] = ()
    unowned: tuple[UnownedRows, ...] = ()
    references: tuple[ReferenceRows, ...] = ()
    cleanable: tuple[CleanableRows, ...] = ()
    large_objects: LargeObjectFacts = field(default_factory=lambda: LargeObjectFacts(0))
    roles: tuple[RoleFact, ...] = ()
    extensions_in_use: frozenset[str] = frozenset()  # that a table, index, view or default depends on
    targets: TargetFacts = TargetFacts()
    history: HistoryFact | None = None

    @property
    def closed(self) -> frozenset[Relation]:
        """Tables whose rows cannot be counted."""
        return self.hidden | self.unreadable

    def placement(self, relation: Relation) -> Placement | None:
        """Where a table goes, or None where that is undecided."""
        return self.placements.tables.get(relation)

    def is_ignored(self, relation: Relation) -> bool:
        """Whether the split leaves the table behind."""
        placement = self.placement(relation)
        return placement is not None and bool(placement.ignored)

    def is_tenant_table(self, relation: Relation) -> bool:
        """Whether the table's rows go to the tenants' databases."""
        placement = self.placement(relation)
        return placement is not None and placement.per_tenant

    def tenant_placements(self) -> Iterator[Placement]:
        """Tables of the source whose rows go to the tenants' databases, by their key path."""
        for placement in self.placements.tables.values():
            if placement.per_tenant and placement.key_path is not None and placement.key_path.column is not None:
                yield placement

    def base_type(self, type_: str) -> str:
        """The type below a domain, or the type itself."""
        return self.domains.get(type_, type_)

    def population(self, scope: Scope) -> int:
        """Among how many objects a rule of that scope looks; at least 1."""
        tables = self.catalog.tables.values()
        counts: Mapping[Scope, int] = {
            "tables": len(tables),
            "columns": sum(len(table.columns) for table in tables),
            "foreign keys": len(self.catalog.foreign_keys),
            "indexes": sum(not index.attached for index in self.indexes),
            "sequences": len(self.catalog.sequences),
            "database": 1,
        }
        return max(1, counts[scope])
