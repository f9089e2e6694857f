"""Decides, from the log of a batch, which rows have to be written anew and whose databases may hold them.

What is decided is a superset, never less: a row that is not said to be dirty lies where it lay, as it was, and a
database that is not among a row's holders has never held it since the position that the batch begins at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from migrator.core.online.captured import CapturedTable, LogEntry
from migrator.core.placement.key_paths import KeyPath, TenantTree
from migrator.core.schema.catalog import ForeignKey, Relation

Key = tuple[str, ...]
# A row's key and route by column, as text, as they were at some moment since the position that the batch begins at.
Version = Mapping[str, str | None]


class PresentRows(Protocol):
    """Reads rows as they are at the position that the batch ends at, each as a `Version` of its table's log columns."""

    def rows(self, relation: Relation, columns: tuple[str, ...], values: Collection[Key]) -> Iterable[Version]:
        """The rows of a captured table whose `columns` hold one of the values."""

    def missing(self, relation: Relation, columns: tuple[str, ...], values: Collection[Key]) -> Iterable[Key]:
        """Those of the values that no row of a captured table holds in its `columns`."""

    def referencing(self, hop: ForeignKey, values: Collection[Key]) -> Iterable[Version]:
        """The rows of `hop.table` that reference, by that key, what has one of the values in its referenced columns."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the rows of one placed table find their tenant: a placement's key path, and the tree behind it."""

    path: KeyPath | None
    tree: TenantTree | None = None


@dataclass(frozen=True, slots=True)
class Holders:
    """The tenants whose databases may hold a row; `unowned` says that it may belong to none, `anybody` to each."""

    tenants: frozenset[str] = frozenset()
    unowned: bool = False
    anybody: bool = False

    def may_be(self, tenant: str, *, everyones: bool) -> bool:
        """Whether that tenant's database may hold it; `everyones` says that all get the rows of nobody."""
        return self.anybody or tenant in self.tenants or (everyones and self.unowned)


ANYBODY = Holders(unowned=True, anybody=True)
_NOBODY = Holders()
_UNOWNED = Holders(unowned=True)


@dataclass
class Dirty:
    """The rows of a batch: `rows` by table and key with their known versions, and tables that are dirty as a `whole`.

    What is logged and what merely hangs on a row that moved are both among `rows`.
    """

    rows: dict[Relation, dict[Key, list[Version]]] = field(default_factory=dict)
    whole: set[Relation] = field(default_factory=set)

    def add(self, relation: Relation, key: Key, version: Version) -> None:
        """Adds one version of a row, once."""
        versions = self.rows.setdefault(relation, {}).setdefault(key, [])
        if version not in versions:
            versions.append(version)


def is_certain(hop: ForeignKey) -> bool:
    """Whether every row that holds the key's columns has what they reference: the server has seen to it."""
    return not (hop.virtual or hop.first or hop.of or hop.when or hop.partition or hop.referenced_partition) and (
        hop.validated
    )


def is_exact(hop: ForeignKey) -> bool:
    """Whether both ends of the key are the same text where they are equal."""
    return hop.as_text or not (any(hop.loose) or any(hop.collations))


class Routing:
    """One batch of the log, worked out: `dirty`, and `holders` of each table's dirty rows."""

    def __init__(
        self,
        captured: Iterable[CapturedTable],
        ways: Mapping[Relation, Way],
        entries: Iterable[LogEntry],
        present: PresentRows,
        tops: Mapping[str, str] | None = None,
    ) -> None:
        """`ways` are those of the tables of one kind of database; `tops` leads from a tenant to the one at the top."""
        tables = {table.number: table for table in captured}
        self.captured = {table.relation: table for table in tables.values()}
        self.ways = ways
        self.present = present
        self.tops = tops or {}
        self.logged = Dirty()
        for entry in entries:
            table = tables[entry.number]
            if entry.key is None or not table.key:
                self.logged.whole.add(table.relation)
            else:
                self.logged.add(table.relation, entry.key, entry.values(table))
        self._one: dict[str, Holders] = {}
        self._index: dict[tuple[Relation, tuple[str, ...]], dict[Key, list[Version]]] = {}
        self._present: dict[tuple[Relation, tuple[str, ...]], dict[Key, list[Version]]] = {}
        self.dirty = _Closure(self).run()

    def holders(self, relation: Relation) -> Mapping[Key, Holders]:
        """For each dirty row of a table whose databases may hold it."""
        rows = self.dirty.rows.get(relation, {})
        way = self.ways[relation]
        flat = [(key, version) for key, versions in rows.items() for version in versions]
        united: dict[Key, Holders] = {}
        for (key, _), more in zip(flat, self._tenants(way, [version for _, version in flat]), strict=True):
            united[key] = _union(united[key], more) if key in united else more
        return united

    # -- one table's rows along its path ---------------------------------------------------------------------------

    def _tenants(self, way: Way, versions: Sequence[Version]) -> list[Holders]:
        """The tenants that each version may have led to, path by path as COALESCE goes through them."""
        result = [_UNOWNED] * len(versions)
        if way.path is None:
            return result
        open_ = list(range(len(versions)))
        for alternative in way.path.alternatives:
            ends = self._ends(alternative, [versions[place] for place in open_], way.tree)
            for place, end in zip(open_, ends, strict=True):
                # What this path leads to stands; the next one is asked only where it may lead nowhere.
                before = result[place]
                result[place] = end if before is _UNOWNED else _union(Holders(before.tenants), end)
            open_ = [place for place in open_ if result[place].unowned and not result[place].anybody]
        return result

    def _ends(self, path: KeyPath, starts: Sequence[Version], tree: TenantTree | None) -> list[Holders]:
        if path.constant is not None:
            return [self._top(path.constant, tree)] * len(starts)
        here: list[list[Version]] = [[version] for version in starts]
        nowhere = [False] * len(starts)
        anybody = [False] * len(starts)
        for hop in path.hops:
            steps = [[_referenced_values(hop, version) for version in versions] for versions in here]
            wanted = {values for each in steps for values in each if isinstance(values, tuple)}
            parents = self._parents(hop, wanted)
            for place, each in enumerate(steps):
                here[place] = []
                for values in each:
                    if values is None:
                        nowhere[place] = True
                    elif parents is None or not isinstance(values, tuple):
                        anybody[place] = True
                    else:
                        there, may_lack = parents[values]
                        here[place] += there
                        nowhere[place] |= may_lack
        reached = []
        for place, versions in enumerate(here):
            if anybody[place] or (versions and path.lookup is not None):
                reached.append(ANYBODY)
                continue
            end = _UNOWNED if nowhere[place] else _NOBODY
            for version in versions:
                end = _union(end, self._end(path, version, tree))
            reached.append(end)
        return reached

    def _end(self, path: KeyPath, version: Version, tree: TenantTree | None) -> Holders:
        assert path.column is not None
        if path.column not in version:
            return ANYBODY
        value = version[path.column]
        if value is None or value == path.blank:
            return _UNOWNED
        return self._top(value, tree)

    def _top(self, tenant: str, tree: TenantTree | None) -> Holders:
        if tree is not None:
            if tree.root in self.logged.rows or tree.root in self.logged.whole:
                return ANYBODY
            tenant = self.tops.get(tenant, tenant)
        if tenant not in self._one:
            self._one[tenant] = Holders(frozenset({tenant}))
        return self._one[tenant]

    def _parents(self, hop: ForeignKey, wanted: Collection[Key]) -> Mapping[Key, tuple[list[Version], bool]] | None:
        """For each value the versions that a referenced row may have had, and whether there may have been none.

        None where neither the log nor the table can be asked: then it may have been anything.
        """
        table = self.captured.get(hop.referenced)
        columns = hop.referenced_columns
        if table is None or hop.referenced in self.logged.whole or not set(columns) <= set(table.columns):
            return None
        if not is_exact(hop) or (hop.of is not None and hop.of[0] not in table.columns):
            return None
        logged = self._logged_by(hop.referenced, columns)
        # Of a row that is in the log by this very key every version is there, the present one too.
        known = logged.keys() if columns == table.key else frozenset[Key]()
        present = self._read(hop.referenced, columns, {values for values in wanted if values not in known})
        parents = {}
        for values in wanted:
            there = [*logged.get(values, ()), *present.get(values, ())]
            fitting = [version for version in there if hop.of is None or version[hop.of[0]] == hop.of[1]]
            parents[values] = fitting, not fitting or not is_certain(hop)
        return parents

    def _logged_by(self, relation: Relation, columns: tuple[str, ...]) -> Mapping[Key, list[Version]]:
        place = relation, columns
        if place not in self._index:
            index: dict[Key, list[Version]] = {}
            for versions in self.logged.rows.get(relation, {}).values():
                for version in versions:
                    if (values := _complete(version, columns)) is not None:
                        index.setdefault(values, []).append(version)
            self._index[place] = index
        return self._index[place]

    def _read(
        self, relation: Relation, columns: tuple[str, ...], wanted: Collection[Key]
    ) -> Mapping[Key, list[Version]]:
        known = self._present.setdefault((relation, columns), {})
        if missing := {values for values in wanted if values not in known}:
            known.update({values: [] for values in missing})
            for version in self.present.rows(relation, columns, missing):
                if (values := _complete(version, columns)) is not None:
                    known.setdefault(values, []).append(version)
        return known

    def gone(self, relation: Relation) -> set[Key]:
        """The logged rows of a table that are there no longer."""
        keys = self.logged.rows.get(relation, {}).keys()
        return set(self.present.missing(relation, self.captured[relation].key, keys)) if keys else set()


class _Closure:
    """Finds what hangs on rows that moved: nobody wrote it, so nothing logged it."""

    def __init__(self, routing: Routing) -> None:
        self.routing = routing
        self.dirty = Dirty(
            {
                relation: {key: list(versions) for key, versions in rows.items()}
                for relation, rows in routing.logged.rows.items()
            },
            set(routing.logged.whole),
        )
        self.hops: dict[Relation, list[ForeignKey]] = {}
        self._gone = cache(routing.gone)
        for way in routing.ways.values():
            for path in way.path.alternatives if way.path is not None else ():
                for hop in path.hops:
                    known = self.hops.setdefault(hop.referenced, [])
                    if hop not in known:
                        known.append(hop)

    def run(self) -> Dirty:
        for relation in [*self.dirty.whole]:
            self._spread_whole(relation)
        followed: set[tuple[ForeignKey, Key]] = set()
        waiting: list[tuple[ForeignKey, set[Key]]] = []
        for relation in [*self.routing.logged.rows]:
            for hop in self.hops.get(relation, ()):
                self._begin(hop, waiting)
        while waiting:
            hop, values = waiting.pop()
            new = {each for each in values if (hop, each) not in followed}
            followed |= {(hop, each) for each in new}
            if new and hop.table not in self.dirty.whole:
                self._follow(hop, new, waiting)
        return self.dirty

    def _begin(self, hop: ForeignKey, waiting: list[tuple[ForeignKey, set[Key]]]) -> None:
        """Follows a key from the logged rows that it may lead elsewhere from than before.

        With a declared key a row that is new has nothing hanging on it that is not new too.
        """
        rows = self.routing.logged.rows[hop.referenced]
        moved = [*rows.values()]
        if is_certain(hop):
            gone = self._gone(hop.referenced)
            moved = [versions for key, versions in rows.items() if len(versions) > 1 or key in gone]
        self._queue(hop, (version for versions in moved for version in versions), waiting)

    def _queue(self, hop: ForeignKey, versions: Iterable[Version], waiting: list[tuple[ForeignKey, set[Key]]]) -> None:
        values: set[Key] = set()
        for version in versions:
            if not set(hop.referenced_columns) <= version.keys():
                self._spread_whole(hop.table)
                return
            if (complete := _complete(version, hop.referenced_columns)) is not None:
                values.add(complete)
        if values:
            waiting.append((hop, values))

    def _follow(self, hop: ForeignKey, values: Collection[Key], waiting: list[tuple[ForeignKey, set[Key]]]) -> None:
        table = self.routing.captured.get(hop.table)
        if table is None or not table.key:
            self._spread_whole(hop.table)
            return
        children = list(self.routing.present.referencing(hop, values))
        for child in children:
            key = _complete(child, table.key)
            assert key is not None, f"a row of {hop.table} without a key"
            self.dirty.add(hop.table, key, child)
        for further in self.hops.get(hop.table, ()):
            self._queue(further, children, waiting)

    def _spread_whole(self, relation: Relation) -> None:
        waiting = [relation]
        while waiting:
            here = waiting.pop()
            self.dirty.whole.add(here)
            waiting += [hop.table for hop in self.hops.get(here, ()) if hop.table not in self.dirty.whole]


def _referenced_values(hop: ForeignKey, version: Version) -> Key | bool | None:
    """What a version of a row references by the hop: the values, None for nothing, True where it is not known."""
    needed = {*hop.columns, *([hop.when[0]] if hop.when is not None else [])}
    if not needed <= version.keys():
        return True
    if hop.when is not None and version[hop.when[0]] != hop.when[1]:
        return None
    return _complete(version, hop.columns)


def _complete(version: Version, columns: Sequence[str]) -> Key | None:
    if len(columns) == 1:  # as nearly always
        value = version[columns[0]]
        return None if value is None else (value,)
    values = [version[column] for column in columns]
    return None if None in values else tuple(value for value in values if value is not None)


def _union(left: Holders, right: Holders) -> Holders:
    # Most rows have one holder, by whichever of their versions.
    if left in (right, _NOBODY):
        return right
    return Holders(left.tenants | right.tenants, left.unowned or right.unowned, left.anybody or right.anybody)
