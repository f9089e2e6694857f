"""Where every table goes: target, key path and reason, or what has to be decided first."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from migrator.core.catalog import Catalog, ForeignKey, Relation, Table
from migrator.core.settings import Settings, TableSettings
from migrator.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class KeyPath:
    """How a row finds its tenant: over `hops` to `relation`, whose `column` holds the tenant key.

    `constant` stands in their place where every row belongs to one tenant.
    """

    hops: tuple[ForeignKey, ...]
    relation: Relation
    column: str | None
    constant: str | None = None

    @property
    def label(self) -> tuple[str, ...]:
        """One entry a hop, the key column last: ("lines.order_id -> orders.id", "orders.tenant_id")."""
        if self.constant is not None:
            return (f"constant {self.constant}",)
        hops = tuple(
            f"{hop.table}.{', '.join(hop.columns)} -> {hop.referenced}.{', '.join(hop.referenced_columns)}"
            for hop in self.hops
        )
        return (*hops, f"{self.relation}.{self.column}")


@dataclass(frozen=True, slots=True)
class Placement:
    """One table's home and how its rows get there."""

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
    ignored: str = ""
    inferred: bool = False
    derived: bool = False  # made by a query; the source has no such table

    @property
    def targets(self) -> tuple[str, ...]:
        """Its home, then the targets that get a replica, or the global rows."""
        if not self.target:
            return ()
        return (self.target, *self.replicate, *(("shared",) if self.unowned == "shared" and self.per_tenant else ()))


@dataclass(frozen=True, slots=True)
class Undecided:
    """A table that nobody placed, with what could be written."""

    relation: Relation
    candidates: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Placements:
    """Every table of the source, placed or undecided; never skipped."""

    tables: Mapping[Relation, Placement]
    undecided: tuple[Undecided, ...]
    tenant_root: Relation | None
    root_key: str | None
    foreign_keys: tuple[ForeignKey, ...] = ()

    def of_target(self, target: str) -> tuple[Placement, ...]:
        """Tables whose home or replica is that target."""
        return tuple(placement for placement in self.tables.values() if target in placement.targets)

    @cached_property
    def severed(self) -> tuple[ForeignKey, ...]:
        """Foreign keys whose two ends land in different databases: declared no more, checked by verify instead."""
        return tuple(
            key
            for key in self.foreign_keys
            if (child := self.tables.get(key.table)) is not None
            and (parent := self.tables.get(key.referenced)) is not None
            and child.target
            and parent.target
            and child.target not in parent.targets
        )


def place(catalog: Catalog, settings: Settings) -> Placements:
    """Places every table of the source.

    Raises:
        ConfigurationError: migrator.toml names a table, column or hop that the source does not have.
    """
    return _Placing(catalog, settings).result()


class _Placing:
    """The working state of one `place` call."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self.catalog = catalog
        self.settings = settings
        self.entries = {self._resolve(name, entry): entry for name, entry in settings.tables.items()}
        self.root, self.root_key = self._tenant_root()
        self.paths: dict[Relation, KeyPath] = {}
        self.ambiguous: dict[Relation, tuple[KeyPath, ...]] = {}
        self.per_tenant = tuple(name for name, target in settings.targets.items() if target.per_tenant)

    def result(self) -> Placements:
        self._find_paths()
        placed: dict[Relation, Placement] = {}
        undecided: list[Undecided] = []
        relations = [
            *self.catalog.tables,
            *(relation for relation in self.entries if relation not in self.catalog.tables),
        ]
        for relation in relations:
            found = self._place(relation, self.entries.get(relation, TableSettings()))
            if isinstance(found, Placement):
                placed[relation] = found
            else:
                undecided.append(found)
        return Placements(placed, tuple(undecided), self.root, self.root_key, self.catalog.foreign_keys)

    # -- what the configuration names -----------------------------------------------------------------------------

    def _resolve(self, name: str, entry: TableSettings) -> Relation:
        found = self.catalog.find(name)
        if found is not None:
            return found
        if entry.query is not None:
            schema, _, table = name.rpartition(".")
            return Relation(schema or "public", table)
        raise ConfigurationError(
            f"[tables.{name}]: the source has no such table.",
            self._did_you_mean(name, [str(relation) for relation in self.catalog.tables])
            or "Correct the name, or remove the entry; a table made by a query needs `query`.",
        )

    @staticmethod
    def _did_you_mean(name: str, known: list[str]) -> str:
        close = difflib.get_close_matches(name, known, n=3)
        return f"Did you mean {' or '.join(close)}?" if close else ""

    def _tenant_root(self) -> tuple[Relation | None, str | None]:
        tenants = self.settings.tenants
        if tenants.root is None:
            return None, None
        root = self.catalog.find(tenants.root)
        if root is None:
            raise ConfigurationError(
                f"[tenants] root: the source has no table {tenants.root!r}.",
                self._did_you_mean(tenants.root, [str(relation) for relation in self.catalog.tables])
                or "Name the table with one row per tenant, or use [tenants.default] where there is none.",
            )
        table = self.catalog.tables[root]
        for setting in ("key", "slug", "name"):
            column = getattr(tenants, setting)
            if column is not None:
                self._require_column(table, column, f"[tenants] {setting}")
        key = tenants.key or (table.primary_key[0] if len(table.primary_key) == 1 else None)
        if key is None:
            raise ConfigurationError(
                f"The tenant root {root} has no primary key of one column.", "Name its key column: [tenants] key."
            )
        if (key,) not in table.unique_keys:
            raise ConfigurationError(
                f"The tenant key {root}.{key} is not unique.", "Name a column with a unique key: [tenants] key."
            )
        return root, key

    def _require_column(self, table: Table, column: str, where: str) -> None:
        if table.column(column) is None:
            raise ConfigurationError(
                f"{where}: the table {table.relation} has no column {column!r}.",
                self._did_you_mean(column, list(table.column_names))
                or f"Its columns: {', '.join(table.column_names)}.",
            )

    # -- key paths ------------------------------------------------------------------------------------------------

    def _find_paths(self) -> None:
        """Shortest paths first, level by level from the tenant root; configured ones are given."""
        if self.settings.tenants.default is not None:
            constant = self.settings.tenants.default.key
            for relation in (*self.catalog.tables, *self.entries):
                self.paths[relation] = KeyPath((), relation, None, constant)
            return
        for relation, entry in self.entries.items():
            if entry.key is not None or entry.key_path:
                self.paths[relation] = self._configured(relation, entry)
        if self.root is not None and self.root_key is not None:
            self.paths.setdefault(self.root, KeyPath((), self.root, self.root_key))
        waiting = {relation for relation in self.catalog.tables if relation not in self.paths}
        for length in range(len(self.catalog.tables) + 1):
            found: dict[Relation, list[KeyPath]] = {}
            for relation in sorted(waiting):
                candidates = [
                    path for path in self._candidates(self.catalog.tables[relation]) if len(path.hops) == length
                ]
                if candidates:
                    found[relation] = candidates
            for relation, candidates in found.items():
                waiting.discard(relation)
                best = self._preferred(self.catalog.tables[relation], candidates)
                if len(best) == 1:
                    self.paths[relation] = best[0]
                else:
                    self.ambiguous[relation] = tuple(best)
            if not waiting:
                break

    def _candidates(self, table: Table) -> Iterator[KeyPath]:
        seen: set[tuple[tuple[str, ...], str | None]] = set()
        for key in table.foreign_keys:
            parent = self.paths.get(key.referenced)
            if parent is None or key.referenced == table.relation or not self._passable(key.referenced):
                continue
            if not parent.hops and parent.column in key.referenced_columns:
                # The key column itself is part of the foreign key: the row carries it, no join is needed.
                own = key.columns[key.referenced_columns.index(parent.column)]
                path = KeyPath((), table.relation, own)
            else:
                path = KeyPath((key, *parent.hops), parent.relation, parent.column)
            if (path.label, path.column) not in seen:
                seen.add((path.label, path.column))
                yield path

    def _passable(self, relation: Relation) -> bool:
        """Whether a path may lead through that table: not through one that is placed outside the tenants."""
        entry = self.entries.get(relation)
        if relation == self.root or entry is None:
            return True
        if entry.ignore is not None:
            return False
        return entry.target is None or self.settings.targets[entry.target].per_tenant

    @staticmethod
    def _preferred(table: Table, candidates: list[KeyPath]) -> list[KeyPath]:
        """Paths that start at columns which are never null, where there are any: every row has them."""

        def certain(path: KeyPath) -> bool:
            first = path.hops[0].columns if path.hops else (path.column,)
            return all((column := table.column(name or "")) is not None and column.not_null for name in first)

        return [path for path in candidates if certain(path)] or candidates

    def _configured(self, relation: Relation, entry: TableSettings) -> KeyPath:
        table = self.catalog.tables.get(relation)
        if entry.key is not None:
            if table is not None and entry.query is None:
                self._require_column(table, entry.key, f"[tables.{relation}] key")
            return KeyPath((), relation, entry.key)
        *hops, last = entry.key_path
        here, found = relation, []
        for hop in hops:
            key = self._hop(relation, here, hop)
            found.append(key)
            here = key.referenced
        name, _, column = last.rpartition(".")
        if not name or self.catalog.find(name) != here:
            raise ConfigurationError(
                f"[tables.{relation}] key_path: it must end with a column of {here}, not with {last!r}.",
                f'End it with "{here}.<key column>".',
            )
        self._require_column(self.catalog.tables[here], column, f"[tables.{relation}] key_path")
        return KeyPath(tuple(found), here, column)

    def _hop(self, relation: Relation, here: Relation, text: str) -> ForeignKey:
        where = f"[tables.{relation}] key_path"
        left, arrow, right = (part.strip() for part in text.partition("->"))
        table_name, _, parent_column = right.rpartition(".")
        parent = self.catalog.find(table_name) if arrow else None
        if parent is None:
            raise ConfigurationError(
                f"{where}: {text!r} names no table that the source has.", 'Write a hop as "column -> table.column".'
            )
        column = left.rpartition(".")[2]
        columns = tuple(name.strip() for name in column.split(","))
        referenced = tuple(name.strip() for name in parent_column.split(","))
        for name in columns:
            self._require_column(self.catalog.tables[here], name, where)
        for name in referenced:
            self._require_column(self.catalog.tables[parent], name, where)
        if not any(set(unique) <= set(referenced) for unique in self.catalog.tables[parent].unique_keys):
            raise ConfigurationError(
                f"{where}: {right} is not unique, so a row could belong to several tenants.",
                "Lead the path over a primary key or a unique constraint.",
            )
        declared = next(
            (
                key
                for key in self.catalog.tables[here].foreign_keys
                if key.referenced == parent and key.columns == columns and key.referenced_columns == referenced
            ),
            None,
        )
        return declared or ForeignKey("", here, columns, parent, referenced, validated=False, virtual=True)

    # -- one table ------------------------------------------------------------------------------------------------

    def _place(self, relation: Relation, entry: TableSettings) -> Placement | Undecided:
        if entry.ignore is not None:
            return Placement(relation, "", False, relation, f"ignored: {entry.ignore}", ignored=entry.ignore)
        target, reason = self._home(relation, entry)
        if target is None:
            return Undecided(relation, tuple(self.settings.targets), reason)
        per_tenant = self.settings.targets[target].per_tenant
        replicas_per_tenant = any(self.settings.targets[name].per_tenant for name in entry.replicate)
        path = self.paths.get(relation)
        if per_tenant and path is None:
            return Undecided(relation, (target,), self._why_no_path(relation))
        table = self.catalog.tables.get(relation)
        if table is not None and entry.query is None:
            for column in entry.columns:
                self._require_column(table, column, f"[tables.{relation}] columns")
        schema, _, name = (entry.as_ or relation.name).rpartition(".")
        return Placement(
            relation=relation,
            target=target,
            per_tenant=per_tenant,
            destination=Relation(schema or relation.schema, name),
            reason=reason,
            key_path=path if per_tenant or replicas_per_tenant else None,
            columns=dict(entry.columns),
            query=entry.query,
            search_path=tuple(dict.fromkeys((*self.settings.source.schemas, "public"))) if entry.query else (),
            unowned=entry.unowned,
            replicate=entry.replicate,
            derived=relation not in self.catalog.tables,
        )

    def _home(self, relation: Relation, entry: TableSettings) -> tuple[str | None, str]:
        if entry.target is not None:
            return entry.target, "configured"
        if relation == self.root:
            if "auth" in self.settings.targets and not self.settings.targets["auth"].per_tenant:
                return "auth", "the tenant root"
            return None, "the tenant root needs a target that is not per tenant"
        if self.settings.tenants.default is not None:
            return None, "there is no tenant root to derive a placement from"
        if relation in self.paths and len(self.per_tenant) == 1:
            path = self.paths[relation]
            how = (
                "its own key column"
                if not path.hops
                else f"{len(path.hops)} hop{'s' * (len(path.hops) > 1)} to the tenant key"
            )
            return self.per_tenant[0], f"{how}: {', '.join(path.label)}"
        return None, self._why_no_path(relation)

    def _why_no_path(self, relation: Relation) -> str:
        if relation in self.ambiguous:
            ways = "; or ".join(" , ".join(path.label) for path in self.ambiguous[relation])
            return f"several key paths are equally short: {ways}"
        behind = [
            str(key.referenced)
            for key in (self.catalog.tables[relation].foreign_keys if relation in self.catalog.tables else ())
            if key.referenced in self.ambiguous
        ]
        if behind:
            return f"its key path leads through {behind[0]}, which is undecided itself"
        return "no foreign key leads from it to the tenant root"
