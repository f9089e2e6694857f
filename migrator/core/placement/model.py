"""Placements as values: target, key path and reason, or what has to be decided first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from migrator.core.placement.key_paths import KeyPath, TenantTree
from migrator.core.schema.catalog import ByRelation, ForeignKey, Relation

# Targets that `unowned` can send a table's rows without a tenant to.
UNOWNED_TARGETS = frozenset({"shared", "auth"})


@dataclass(frozen=True, slots=True)
class Placement:
    """One table's home and how its rows get there.

    `target` and `targets` are the configured names. Databases go by their host, the first target of those that share
    one: `home` and `homes`.
    """

    relation: Relation
    target: str  # '' where the table is ignored
    per_tenant: bool
    destination: Relation
    reason: str
    key_path: KeyPath | None = None
    columns: Mapping[str, str] = field(default_factory=dict)  # source -> target where they differ; '' drops it
    query: str | None = None
    search_path: tuple[str, ...] = ()  # where the query's bare names are looked up
    unowned: str = "block"
    replicate: tuple[str, ...] = ()
    tree: TenantTree | None = None  # leads from the tenant that the path ends at to the one at the top
    own: str | None = None  # the key of the one tenant whose table it is
    large_objects: tuple[str, ...] = ()  # columns of the source whose values name large objects
    ignored: str = ""
    inferred: bool = False
    derived: bool = False  # made by a query; the source has no such table
    hosts: Mapping[str, str] = field(default_factory=dict)  # target -> host, where that is another target
    elsewhere: Mapping[str, Relation] = field(default_factory=dict)  # host -> what its copy there is called
    policy_path: KeyPath | None = None  # how a row that stays among other tenants' rows finds its tenant

    @property
    def targets(self) -> tuple[str, ...]:
        """Its home, then the targets that get a replica, or the global rows."""
        if not self.target:
            return ()
        return (
            self.target,
            *self.replicate,
            *((self.unowned_target,) if self.unowned_target is not None else ()),
        )

    @property
    def unowned_target(self) -> str | None:
        """The target that its rows without a tenant go to; None where they go elsewhere, or there are none."""
        return self.unowned if self.per_tenant and self.unowned in UNOWNED_TARGETS else None

    @property
    def home(self) -> str:
        """The host of its database."""
        return self.hosts.get(self.target, self.target)

    @property
    def homes(self) -> tuple[str, ...]:
        """The hosts of all databases that get it, its home first."""
        return tuple(dict.fromkeys(self.hosts.get(target, target) for target in self.targets))

    @property
    def tenant_path(self) -> KeyPath | None:
        """How its rows find their tenant, whether they are divided by it or only told apart."""
        return self.key_path or self.policy_path

    def destination_in(self, host: str) -> Relation:
        """What it is called in the databases of that host."""
        return self.elsewhere.get(host, self.destination)


@dataclass(frozen=True, slots=True)
class Undecided:
    """A table that nobody placed, with the targets that could be written; one where only the key path is missing.

    `remedy` is what to do where another entry than its own has to change.
    """

    relation: Relation
    candidates: tuple[str, ...]
    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class Placements:
    """Every table of the source, placed or undecided; never skipped."""

    tables: ByRelation[Placement]
    undecided: tuple[Undecided, ...]
    tenant_root: Relation | None
    root_key: str | None
    foreign_keys: tuple[ForeignKey, ...] = ()
    tree: TenantTree | None = None  # where the tenants are the tops of a tree
    released: tuple[tuple[ForeignKey, str], ...] = ()  # declared keys that are let go, with the reasons

    def release_reason(self, key: ForeignKey) -> str | None:
        """Why migrator.toml lets the key go; None where it does not."""
        return next((reason for released, reason in self.released if released == key), None)

    def of_host(self, host: str) -> tuple[Placement, ...]:
        """Tables that the databases of that host hold, as home or replica."""
        return tuple(placement for placement in self.tables.values() if host in placement.homes)

    @cached_property
    def virtual_keys(self) -> tuple[ForeignKey, ...]:
        """The keys that migrator.toml adds to the declared ones, as keys of their own or as hops of a key path.

        A hop against the direction of a key is none: a part need not be named by a whole.
        """
        forward = {(key.referenced, key.referenced_columns, key.table, key.columns) for key in self.foreign_keys}
        hops = (
            hop
            for placement in self.tables.values()
            if placement.key_path is not None
            for path in placement.key_path.alternatives
            for hop in path.hops
        )
        return tuple(
            dict.fromkeys(
                key
                for key in (*self.foreign_keys, *hops)
                if key.virtual
                and not key.first
                and key.of is None
                and (key.table, key.columns, key.referenced, key.referenced_columns) not in forward
            )
        )

    @cached_property
    def severed(self) -> tuple[ForeignKey, ...]:
        """Foreign keys whose two ends land in different databases: declared no more, checked by verify instead.

        Virtual keys are among them, polymorphic pairs with one key for each table that they name.
        """
        return tuple(
            key
            for key in self.foreign_keys
            if (child := self.tables.get(key.table)) is not None
            and (parent := self.tables.get(key.referenced)) is not None
            and child.target
            and parent.target
            and child.home not in parent.homes
        )
