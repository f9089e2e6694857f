"""The plan: every step of a migration as data, with a fingerprint of all that it rests on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.core.placement.model import Placements
from migrator.core.placement.tenants import Tenant
from migrator.core.schema.catalog import Catalog, Relation, Table
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

    @property
    def id(self) -> str:
        return f"prepare:{self.target}" + (f"@{self.server}" if self.server != "default" else "")


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

    @property
    def own_roles(self) -> tuple[str, ...]:
        """The roles that are made for this database alone."""
        return (self.roles.owner, self.roles.application) if self.roles is not None else ()

    @property
    def id(self) -> str:
        return f"create:{self.database}"


def by_server(steps: Iterable[CreateDatabase]) -> dict[str, list[CreateDatabase]]:
    """Databases by the server that they are on, in their order."""
    found: dict[str, list[CreateDatabase]] = defaultdict(list)
    for step in steps:
        found[step.server].append(step)
    return found


@dataclass(frozen=True, slots=True)
class RaiseFence:
    """Refuses writes to every table of the source from here on. Point of no return for applications, not for data."""

    tables: int

    @property
    def id(self) -> str:
        return "fence"


@dataclass(frozen=True, slots=True)
class CopyTable:
    """Reads one table once, in parts, and routes its rows to the databases of one target."""

    relation: Relation
    target: str
    destination: Relation
    parts: tuple[tuple[int, int | None] | None, ...]  # heap blocks [first, last); None: the whole table
    databases: int
    bytes: int

    @property
    def id(self) -> str:
        return f"copy:{self.relation.full_name}>{self.target}"


@dataclass(frozen=True, slots=True)
class FinishDatabase:
    """Builds what was left out for speed (indexes, keys, triggers), sets sequences, refreshes, digests."""

    target: str
    server: str
    database: str
    tenant: str

    @property
    def id(self) -> str:
        return f"finish:{self.database}"


@dataclass(frozen=True, slots=True)
class Compare:
    """Digests of both sides, and conservation of every table's rows."""

    @property
    def id(self) -> str:
        return "compare"


Step = PrepareTarget | CreateDatabase | RaiseFence | CopyTable | FinishDatabase | Compare


@dataclass(frozen=True)
class Plan:
    """The ordered steps and what they rest on. Holds no connection and no secret."""

    source: str
    prefix: str
    tenants: tuple[Tenant, ...]
    steps: tuple[Step, ...]
    fingerprint: str

    def of(self, kind: type[Any]) -> Iterator[Any]:
        """The steps of one kind, in order."""
        return (step for step in self.steps if isinstance(step, kind))

    def to_document(self) -> dict[str, Any]:
        """The plan as JSON-ready data."""
        return {
            "source": self.source,
            "prefix": self.prefix,
            "fingerprint": self.fingerprint,
            "tenants": [dataclasses.asdict(tenant) for tenant in self.tenants],
            "steps": [{"kind": type(step).__name__, "id": step.id, **dataclasses.asdict(step)} for step in self.steps],
        }


def build_plan(
    catalog: Catalog,
    placements: Placements,
    tenants: tuple[Tenant, ...],
    settings: Settings,
    *,
    source: str,
    prefix: str,
    databases: Mapping[str, str],
    heads: Mapping[str, tuple[str, ...]],
) -> Plan:
    """The plan for a placed catalog.

    `databases` names the database of each host that is not per tenant, `heads` the Alembic heads of each tree.
    """
    steps: list[Step] = []
    made: list[CreateDatabase] = []
    for name, members in settings.hosted.items():
        target = settings.targets[name]
        template, bare = scaffold_name(prefix, name, "template"), scaffold_name(prefix, name, "bare")
        trees = tuple(
            Tree(one, str(settings.targets[one].migrations), heads[one], settings.targets[one].schema_ or "")
            for one in members
        )
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
        steps += [PrepareTarget(name, server, trees, template, bare, group) for server in servers]
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
    return Plan(
        source, prefix, tenants, tuple(steps), fingerprint(catalog, placements, tenants, settings, prefix, heads)
    )


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


def fingerprint(
    catalog: Catalog,
    placements: Placements,
    tenants: tuple[Tenant, ...],
    settings: Settings,
    prefix: str,
    heads: Mapping[str, tuple[str, ...]],
) -> str:
    """A digest of everything that a plan rests on; what changes while the monolith is in use (sizes) is left out."""
    document = {
        "source": [catalog.system_identifier, catalog.database],
        "tables": [
            _plain(dataclasses.replace(table, rows=0, bytes=0, pages=0, file=0)) for table in catalog.tables.values()
        ],
        "placements": [_plain(placement) for placement in placements.tables.values()],
        "undecided": [_plain(undecided) for undecided in placements.undecided],
        "tenants": [_plain(tenant) for tenant in tenants],
        "targets": {name: target.model_dump(mode="json") for name, target in settings.targets.items()},
        "roles": settings.roles.model_dump(mode="json", exclude={"hand_out"}),
        "setting": settings.tenants.setting,
        "prefix": prefix,
        "heads": {name: list(found) for name, found in heads.items()},
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Dataclasses as sorted JSON-ready data, without the OIDs that a dump and restore would change."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name != "type_oid"
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
