"""Finds the key paths over which a table's rows reach their tenant: declared, virtual or polymorphic keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table


@dataclass(frozen=True, slots=True)
class KeyPath:
    """How a row finds its tenant: over `hops` to `relation`, whose `column` holds the tenant key.

    `constant` stands in their place where every row belongs to one tenant. `otherwise` holds further paths, tried in
    their order where this one leads to no key; they have no further paths of their own. `blank` is a value of the
    column that means NULL. `lookup` references the tenant root from the column where keys that the server calls equal
    may be different texts: the row's key is then the tenant's.
    """

    hops: tuple[ForeignKey, ...]
    relation: Relation
    column: str | None
    constant: str | None = None
    otherwise: tuple[KeyPath, ...] = ()
    evidence: str = field(default="", compare=False)  # of an own column that no declared key makes the tenant key
    blank: str | None = None
    lookup: ForeignKey | None = None

    @property
    def label(self) -> tuple[str, ...]:
        """One entry a hop, the key column last: ("lines.order_id -> orders.id", "orders.tenant_id")."""
        if self.constant is not None:
            return (f"constant {self.constant}",)
        hops = tuple(
            f"{hop.table}.{', '.join(hop.columns)} -> "
            f"{hop.chosen(f'{hop.referenced}.' + ', '.join(hop.referenced_columns))}"
            for hop in self.hops
        )
        return (*hops, f"{self.relation}.{self.column}")

    @property
    def alternatives(self) -> tuple[KeyPath, ...]:
        """This path and the further ones, each by itself."""
        return (replace(self, otherwise=()) if self.otherwise else self, *self.otherwise)

    @property
    def joins(self) -> tuple[ForeignKey, ...]:
        """The keys along which the row's key is found: the hops, then the lookup."""
        return self.hops if self.lookup is None else (*self.hops, self.lookup)

    @property
    def starts(self) -> tuple[tuple[tuple[str, ...], str | None], ...]:
        """For each alternative the columns of the table itself that it begins with, and their value that means NULL."""
        return tuple(
            (path.hops[0].columns, path.hops[0].blank) if path.hops else ((path.column or "",), path.blank)
            for path in self.alternatives
        )

    @property
    def text(self) -> str:
        """The whole path in one line, alternatives after "else"."""
        return " else ".join(", ".join(path.label) for path in self.alternatives)

    @property
    def inferred(self) -> bool:
        """Whether it leads over a key that migrator proposed."""
        return any(path.evidence or any(hop.evidence for hop in path.hops) for path in self.alternatives)


@dataclass(frozen=True, slots=True)
class TenantTree:
    """A tenant root whose rows name a row above them, where the topmost row is the tenant of all below it."""

    root: Relation
    key: str  # the tenant key
    above: ForeignKey  # from a row to the one above it


def in_order(paths: Sequence[KeyPath]) -> KeyPath:
    """One path that tries the given ones in their order, each once."""
    flat = tuple(dict.fromkeys(alternative for path in paths for alternative in path.alternatives))
    return replace(flat[0], otherwise=flat[1:])


def via(key: ForeignKey, parent: KeyPath) -> KeyPath:
    """The path of a row whose `key` references a row with the path `parent`; shorter where the key carries it."""
    paths = []
    for path in parent.alternatives:
        if path.column is not None and not path.hops and path.column in key.referenced_columns and key.when is None:
            # The key column itself is part of the foreign key: the row carries it, no join is needed.
            own = key.columns[key.referenced_columns.index(path.column)]
            paths.append(
                KeyPath(
                    (), key.table, own, evidence=key.evidence or path.evidence, blank=key.blank,
                    lookup=carried(key, path),
                )
            )  # fmt: skip
        else:
            paths.append(replace(path, hops=(key, *path.hops)))
    return in_order(paths)


def carried(key: ForeignKey, parent: KeyPath) -> ForeignKey | None:
    """The lookup of a row whose `key` holds the key column of `parent`, the path of what it references.

    None where the row's text of it is the tenant's.
    """
    place = key.referenced_columns.index(parent.column or "")
    beyond = parent.lookup
    type_ = beyond.loose[0] if beyond is not None else key.loose[place] if key.loose else ""
    if not type_ or key.as_text:
        return None
    root = beyond if beyond is not None else key
    at = 0 if beyond is not None else place
    return ForeignKey(
        "", key.table, (key.columns[place],), root.referenced, (root.referenced_columns[at],),
        validated=False, virtual=True, loose=(type_,),
        operators=root.operators[at : at + 1], collations=root.collations[at : at + 1],
    )  # fmt: skip


@dataclass(frozen=True)
class KeyPaths:
    """The shortest path of each table that has one, and those that have several of equal standing."""

    paths: Mapping[Relation, KeyPath]
    ambiguous: Mapping[Relation, tuple[KeyPath, ...]]


def find_paths(
    catalog: Catalog,
    keys: Mapping[Relation, Sequence[ForeignKey]],
    given: Mapping[Relation, KeyPath],
    *,
    root: Relation | None,
    passable: Callable[[Relation], bool],
) -> KeyPaths:
    """Paths for every table that `given` does not name, shortest first, level by level.

    `keys` are each table's foreign keys, virtual ones included. A key column of the row's own wins over everything;
    then come declared keys, then virtual ones, then polymorphic pairs, which only serve tables that nothing else
    reaches. `passable` says whether a path may lead through a table.
    """
    return _Search(catalog, keys, dict(given), root, passable).run()


class _Search:
    def __init__(
        self,
        catalog: Catalog,
        keys: Mapping[Relation, Sequence[ForeignKey]],
        given: dict[Relation, KeyPath],
        root: Relation | None,
        passable: Callable[[Relation], bool],
    ) -> None:
        self.catalog = catalog
        self.keys = keys
        self.paths = given
        self.root = root
        self.passable = passable
        self.ambiguous: dict[Relation, tuple[KeyPath, ...]] = {}
        self.waiting = {relation for relation in catalog.tables if relation not in given}

    def run(self) -> KeyPaths:
        def plain(key: ForeignKey) -> bool:
            return not key.virtual or key.referenced == self.root

        self._spread(plain)
        while self._spread(lambda key: key.when is None) + self._polymorphic():
            continue
        return KeyPaths(self.paths, self.ambiguous)

    def _spread(self, usable: Callable[[ForeignKey], bool]) -> int:
        """Follows the usable keys as far as they lead; returns how many tables were reached."""
        reached, length = 0, 0
        while True:
            candidates = {relation: list(self._candidates(relation, usable)) for relation in sorted(self.waiting)}
            lengths = [len(path.hops) for paths in candidates.values() for path in paths]
            if not lengths:
                return reached
            length = max(length, min(lengths))
            for relation, paths in candidates.items():
                short = [path for path in paths if len(path.hops) <= length]
                if not short:
                    continue
                self.waiting.discard(relation)
                reached += 1
                best = preferred(self.catalog.tables[relation], short)
                if len(best) == 1:
                    self.paths[relation] = best[0]
                else:
                    self.ambiguous[relation] = tuple(best)

    def _candidates(self, relation: Relation, usable: Callable[[ForeignKey], bool]) -> Iterator[KeyPath]:
        seen: set[tuple[str, ...]] = set()
        for key in self.keys.get(relation, ()):
            parent = self.paths.get(key.referenced)
            if parent is None or key.referenced == relation or key.when or not usable(key):
                continue
            if not self.passable(key.referenced):
                continue
            # Where rows of this table say whose the parent is, the parent says nothing about them.
            beyond = [path for path in parent.alternatives if all(hop.referenced != relation for hop in path.hops)]
            if not beyond:
                continue
            path = via(key, in_order(beyond))
            if path.label not in seen:
                seen.add(path.label)
                yield path

    def _polymorphic(self) -> int:
        """Gives paths to tables that only a polymorphic pair connects; returns how many."""
        connected: dict[Relation, KeyPath] = {}
        for relation in sorted(self.waiting):
            paths = [
                via(key, self.paths[key.referenced])
                for key in self.keys.get(relation, ())
                if key.when and key.referenced in self.paths and self.passable(key.referenced)
            ]
            if paths:
                connected[relation] = in_order(paths)
        self.waiting -= connected.keys()
        self.paths.update(connected)
        return len(connected)


def preferred(table: Table, candidates: Sequence[KeyPath]) -> list[KeyPath]:
    """Paths that start at columns which are never null, where there are any: every row has them."""

    def certain(path: KeyPath) -> bool:
        columns, blank = path.starts[0]
        return blank is None and all((column := table.column(name)) is not None and column.not_null for name in columns)

    return [path for path in candidates if certain(path)] or list(candidates)
