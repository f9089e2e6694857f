"""The plan: every step of a migration as data, with a fingerprint of all that it rests on."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from migrator.core.placement.tenants import Tenant
from migrator.core.plan.decisions import Decisions
from migrator.core.plan.survey import Survey
from migrator.core.run.step_id import StepId
from migrator.core.schema.catalog import Relation, Table
from migrator.core.schema.digest import digest_of
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.settings import Settings

# A table is read in parts of about this many heap blocks (32 MiB), so that the largest one keeps every worker busy.
PART_PAGES = 4096
MAX_PARTS = 64


@dataclass(frozen=True, slots=True)
class Tree:
    """One target's Alembic tree, and the schema that the target's tables are in; '' where the tree says."""

    target: str
    path: str
    heads: tuple[str, ...]
    schema: str = ""
    digest: str = ""  # of all its files


@dataclass(frozen=True, slots=True)
class TreeState:
    """What an Alembic tree is at one moment: its latest revisions, and a digest of all its files."""

    heads: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class PrepareTarget:
    """Builds a target's template (its Alembic tree at head) and the bare clone that databases are made from.

    Targets that share a database have one template, in which their trees meet; `target` is the first of them, here
    and in every step.
    """

    target: str
    server: str
    trees: tuple[Tree, ...]
    template: str
    bare: str
    group: str = ""  # the role of the target's applications, where there is one
    kind: Literal["PrepareTarget"] = field(default="PrepareTarget", kw_only=True)

    @property
    def id(self) -> str:
        return str(self.step)

    @property
    def step(self) -> StepId:
        return StepId("prepare", self.target, server="" if self.server == "default" else self.server)


@dataclass(frozen=True, slots=True)
class DatabaseRoles:
    """Who owns a database, who uses it, and the group that may read and write rows in all of its target's databases."""

    owner: str
    application: str
    group: str


@dataclass(frozen=True, slots=True)
class CreateDatabase:
    """Makes one database from its target's bare clone."""

    target: str
    server: str
    database: str
    tenant: str  # the tenant's key; '' where the target is not per tenant
    bare: str
    readers: tuple[str, ...] = ()  # read-only roles that may connect to it
    roles: DatabaseRoles | None = None  # where [roles] per_tenant asks for them; nobody else may connect then
    kind: Literal["CreateDatabase"] = field(default="CreateDatabase", kw_only=True)

    @property
    def own_roles(self) -> tuple[str, ...]:
        """The roles that are made for this database alone."""
        return (self.roles.owner, self.roles.application) if self.roles is not None else ()

    @property
    def id(self) -> str:
        return str(self.step)

    @property
    def step(self) -> StepId:
        return StepId("create", database=self.database)


def by_server(steps: Iterable[CreateDatabase]) -> dict[str, list[CreateDatabase]]:
    """Databases by the server that they are on, in their order."""
    servers: dict[str, list[CreateDatabase]] = defaultdict(list)
    for step in steps:
        servers[step.server].append(step)
    return servers


@dataclass(frozen=True, slots=True)
class RaiseFence:
    """Refuses writes to every table of the source from here on. Point of no return for applications, not for data."""

    tables: int
    kind: Literal["RaiseFence"] = field(default="RaiseFence", kw_only=True)

    @property
    def id(self) -> str:
        return str(self.step)

    @property
    def step(self) -> StepId:
        return StepId("fence")


@dataclass(frozen=True, slots=True)
class CopyTable:
    """Reads one table once, in parts, and routes its rows to the databases of one target."""

    relation: Relation
    target: str
    destination: Relation
    parts: tuple[tuple[int, int | None] | None, ...]  # heap blocks [first, last); None: the whole table
    databases: int
    bytes: int
    kind: Literal["CopyTable"] = field(default="CopyTable", kw_only=True)

    @property
    def id(self) -> str:
        return str(self.step)

    @property
    def step(self) -> StepId:
        return StepId("copy", self.target, self.relation.full_name)


@dataclass(frozen=True, slots=True)
class FinishDatabase:
    """Builds what was left out for speed (indexes, keys, triggers), sets sequences, refreshes, digests."""

    target: str
    server: str
    database: str
    tenant: str
    kind: Literal["FinishDatabase"] = field(default="FinishDatabase", kw_only=True)

    @property
    def id(self) -> str:
        return str(self.step)

    @property
    def step(self) -> StepId:
        return StepId("finish", database=self.database)


@dataclass(frozen=True, slots=True)
class Compare:
    """Digests of both sides, and conservation of every table's rows."""

    kind: Literal["Compare"] = field(default="Compare", kw_only=True)

    @property
    def id(self) -> str:
        return str(self.step)

    @property
    def step(self) -> StepId:
        return StepId("compare")


# JSON tells them apart by their kind.
Step = Annotated[
    PrepareTarget | CreateDatabase | RaiseFence | CopyTable | FinishDatabase | Compare, Field(discriminator="kind")
]


@dataclass(frozen=True)
class Plan:
    """The ordered steps and what they rest on: the source as it was read, and what migrator.toml decided of it.

    Holds no connection and no secret.
    """

    source: str
    survey: Survey
    decisions: Decisions
    steps: tuple[Step, ...]
    fingerprint: str

    @property
    def prefix(self) -> str:
        """What the names of databases begin with."""
        return self.decisions.prefix

    @property
    def tenants(self) -> tuple[Tenant, ...]:
        return self.survey.tenants

    @property
    def trees(self) -> tuple[Tree, ...]:
        """The Alembic trees of all targets, each once."""
        return tuple(dict.fromkeys(tree for step in self.of(PrepareTarget) for tree in step.trees))

    @property
    def servers(self) -> tuple[str, ...]:
        """Every server on which it makes something, by name."""
        made = {step.server for step in self.steps if isinstance(step, PrepareTarget | CreateDatabase)}
        return tuple(sorted(made))

    def of(self, kind: type[Any]) -> Iterator[Any]:
        """The steps of one kind, in order."""
        return (step for step in self.steps if isinstance(step, kind))

    def to_document(self) -> dict[str, Any]:
        """The plan as JSON-ready data, for reports."""
        return {
            "source": self.source,
            "prefix": self.prefix,
            "fingerprint": self.fingerprint,
            "tenants": [dataclasses.asdict(tenant) for tenant in self.tenants],
            "steps": [{"id": step.id, **dataclasses.asdict(step)} for step in self.steps],
        }


def build_plan(
    survey: Survey,
    settings: Settings,
    *,
    source: str,
    prefix: str,
    databases: Mapping[str, str],
    trees: Mapping[str, TreeState],
) -> Plan:
    """The plan for a surveyed source.

    `databases` names the database of each host that is not per tenant, `trees` the state of each target's tree.
    """
    catalog, placements, tenants = survey.catalog, survey.placements, survey.tenants
    steps: list[Step] = []
    made: list[CreateDatabase] = []
    for name, members in settings.hosted.items():
        target = settings.targets[name]
        template, bare = scaffold_name(prefix, name, "template"), scaffold_name(prefix, name, "bare")
        own_trees = tuple(_tree(member, settings, trees[member]) for member in members)
        places = (
            [(tenant.server or target.server, tenant.database, tenant.key) for tenant in tenants]
            if target.per_tenant
            else [(target.server, databases[name], "")]
        )
        readers = settings.readers_of(name)
        group = scaffold_name(prefix, name, "apps") if settings.roles.per_tenant else ""
        own = [
            CreateDatabase(name, server, database, key, bare, readers, database_roles(database, group))
            for server, database, key in places
        ]
        # CREATE DATABASE copies within a server, so each has a template of its own.
        servers = sorted({step.server for step in own}) or [target.server]
        steps += [PrepareTarget(name, server, own_trees, template, bare, group) for server in servers]
        made += own
    steps += made
    steps.append(RaiseFence(len(catalog.tables)))
    copies: list[CopyTable] = []
    for placement in placements.tables.values():
        table = catalog.tables.get(placement.relation)
        for host in placement.homes:
            count = sum(1 for made_step in made if made_step.target == host)
            joins = bool(placement.key_path and placement.key_path.hops)
            most = settings.limits.jobs if joins else MAX_PARTS
            parts = (None,) if table is None or placement.query is not None else table_parts(table, most)
            copies.append(
                CopyTable(
                    placement.relation,
                    host,
                    placement.destination_in(host),
                    parts,
                    count,
                    table.bytes if table else 0,
                )
            )
    # The largest first: a long one begun last would leave the other workers idle at the end.
    copies.sort(key=lambda copy: (-copy.bytes, copy.relation, copy.target))
    steps += copies
    steps += [FinishDatabase(one.target, one.server, one.database, one.tenant) for one in made]
    steps.append(Compare())
    decisions = Decisions.of(settings, prefix)
    return Plan(source, survey, decisions, tuple(steps), fingerprint(survey, decisions, trees))


def _tree(target: str, settings: Settings, state: TreeState) -> Tree:
    configured = settings.targets[target]
    return Tree(target, str(configured.migrations), state.heads, configured.schema_ or "", state.digest)


def scaffold_name(prefix: str, target: str, role: str) -> str:
    """The name of a template or bare clone, cut so that the role always stays."""
    tail = f"_{target}_{role}"
    return prefix.encode()[: MAX_IDENTIFIER_BYTES - len(tail.encode())].decode(errors="ignore") + tail


def database_roles(database: str, group: str) -> DatabaseRoles | None:
    """The roles of a database; None where its target has no group."""
    if not group:
        return None

    def named(tail: str) -> str:
        if len(f"{database}{tail}".encode()) <= MAX_IDENTIFIER_BYTES:
            return f"{database}{tail}"
        # Cut names may meet; digests of whole ones do not.
        tail = f"_{hashlib.sha256(database.encode()).hexdigest()[:8]}{tail}"
        return database.encode()[: MAX_IDENTIFIER_BYTES - len(tail)].decode(errors="ignore") + tail

    return DatabaseRoles(named("_owner"), named("_app"), group)


def table_parts(table: Table, most: int = MAX_PARTS) -> tuple[tuple[int, int | None] | None, ...]:
    """Ranges of heap blocks that together are the whole table; the last one is open, whatever its size is by then.

    `most` keeps them few where each part costs a join of its own.
    """
    if table.kind != "r" or table.pages < 2 * PART_PAGES:
        return (None,)
    count = min(most, math.ceil(table.pages / PART_PAGES))
    width = math.ceil(table.pages / count)
    return tuple((n * width, (n + 1) * width if n + 1 < count else None) for n in range(count))


def fingerprint(survey: Survey, decisions: Decisions, trees: Mapping[str, TreeState]) -> str:
    """A digest of everything that decides what a plan comes to: the source, migrator.toml, the trees' files."""
    return digest_of(
        {
            "source": source_digest(survey),
            "parameters": survey.parameters_digest,
            "decisions": decisions,
            "trees": trees,
        }
    )


def source_digest(survey: Survey) -> str:
    """A digest of the source's schema, placements and tenants; what changes in use (sizes) is left out."""
    catalog, placements = survey.catalog, survey.placements
    return digest_of(
        {
            "source": [catalog.system_identifier, catalog.database, catalog.encoding],
            "tables": [
                dataclasses.replace(table, rows=0, bytes=0, pages=0, file=0) for table in catalog.tables.values()
            ],
            "sequences": [dataclasses.replace(one, last_value=None) for one in catalog.sequences.values()],
            "placements": list(placements.tables.values()),
            "undecided": placements.undecided,
            "keys": placements.foreign_keys,
            "released": sorted(key.label for key, _ in placements.released),
            "tenant root": [placements.tenant_root, placements.root_key, placements.tree],
            "queries": [[*relation, *columns] for relation, columns in sorted(survey.query_columns.items())],
            "tenants": survey.tenants,
        }
    )


def same_source(survey: Survey, other: Survey) -> bool:
    """Whether two surveys come to the same plan, by the same decisions."""
    return source_digest(survey) == source_digest(other) and survey.parameters_digest == other.parameters_digest


def same_schema(survey: Survey, other: Survey) -> bool:
    """Whether two surveys come to the same plan but for the tenants that came and went."""
    return same_source(dataclasses.replace(survey, tenants=other.tenants), other)
