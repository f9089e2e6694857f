"""Which tenants a changed row concerns, and over which key paths they are found: what the gate looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from migrator.core.placement.key_paths import KeyPath, TenantTree, in_order
from migrator.core.placement.model import Placement, Placements
from migrator.core.schema.catalog import ForeignKey, Relation

# What the gate calls whatever belongs to no tenant: rows whose key is NULL, and tables that are not divided. They stay
# the source's until the last wave, which names it.
WITHOUT_TENANT = ""


@dataclass(frozen=True, slots=True)
class GatedTable:
    """How the gate finds whom a changed row concerns.

    `paths` are the row's own, where its table is divided by tenant, and the rest of every path that passes through
    the table: whoever changes such a row changes whose other rows are. `undivided` says that the table as a whole is
    nobody's. `passed` says that other rows' paths pass through it. `above` is the key by which rows of a tenant tree
    name the row above them, in the tree's own table.
    """

    relation: Relation
    paths: tuple[tuple[KeyPath, TenantTree | None], ...] = ()
    undivided: bool = False
    passed: bool = False
    above: ForeignKey | None = None

    @property
    def starts(self) -> tuple[str, ...]:
        """The columns of the row itself that its paths begin with: while they stay the same, so do its tenants."""
        columns = {
            name: None
            for path, _ in self.paths
            for alternative in path.alternatives
            for name in _first_columns(alternative)
        }
        return tuple(columns)


def _first_columns(path: KeyPath) -> Iterator[str]:
    if path.hops:
        yield from path.hops[0].columns
        if path.hops[0].when is not None:
            yield path.hops[0].when[0]
    elif path.column is not None:
        yield path.column


def gated_table(placements: Placements, relation: Relation) -> GatedTable:
    """What the gate looks at when a row of the table is written."""
    own = placements.tables.get(relation)
    paths: dict[tuple[KeyPath, TenantTree | None], None] = {}
    if own is not None and own.key_path is not None and own.per_tenant:
        paths[own.key_path, own.tree] = None
    passed, above = False, None
    for placement in _divided(placements):
        assert placement.key_path is not None
        if placement.tree is not None and placement.tree.root == relation:
            passed, above = True, placement.tree.above
            for path in _in_tree(placement.tree):
                paths[path, placement.tree] = None
        for rest in _beyond(placement.key_path, relation):
            passed = True
            paths[rest, placement.tree] = None
    return GatedTable(relation, tuple(paths), own is not None and not own.per_tenant, passed, above)


@dataclass(frozen=True, slots=True)
class GateRefusal:
    """Why single tenants of a table cannot be fenced, and what to do about it."""

    relation: Relation
    reason: str
    remedy: str


def gate_refusals(placements: Placements) -> tuple[GateRefusal, ...]:
    """The tables of which it cannot be told, while a row is written, whose it is; () where all can be fenced."""
    refusals: dict[GateRefusal, None] = {}
    for placement in _divided(placements):
        assert placement.key_path is not None
        for alternative in placement.key_path.alternatives:
            for hop in alternative.joins:
                if hop.first:
                    refusals[_by_the_first(placement.relation, hop)] = None
    return tuple(refusals)


def _by_the_first(relation: Relation, hop: ForeignKey) -> GateRefusal:
    return GateRefusal(
        relation,
        f"whose a row is depends on the first row of {hop.referenced} that names it: another row there, of another "
        "tenant, would take it along",
        "Give it a column of its own for the tenant, or split behind the fence: migrator migrate.",
    )


def _divided(placements: Placements) -> Iterator[Placement]:
    for placement in placements.tables.values():
        if placement.target and placement.per_tenant and placement.key_path is not None:
            yield placement


def _beyond(path: KeyPath, relation: Relation) -> Iterator[KeyPath]:
    """What is left of the path behind every place where it comes to the table; alternatives stay together."""
    rest: dict[tuple[ForeignKey, ...], list[KeyPath]] = {}
    for alternative in path.alternatives:
        for place, hop in enumerate(alternative.hops, 1):
            if hop.referenced == relation:
                beyond = replace(alternative, hops=alternative.hops[place:])
                rest.setdefault(alternative.hops[:place], []).append(beyond)
    for paths in rest.values():
        yield in_order(paths)


def _in_tree(tree: TenantTree) -> Iterator[KeyPath]:
    yield KeyPath((), tree.root, tree.key)
    yield KeyPath((tree.above,), tree.root, tree.key)
