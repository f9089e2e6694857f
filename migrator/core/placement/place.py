"""Places every table of the source by its keys and by what migrator.toml says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrator.core.placement.inheritance import ancestors, inherited_keys, inherited_path
from migrator.core.placement.key_paths import KeyPath, KeyPaths, TenantTree, carried, find_paths, in_order
from migrator.core.placement.model import UNOWNED_TARGETS, Placement, Placements, Undecided
from migrator.core.placement.name_patterns import owner
from migrator.core.placement.references import Hops
from migrator.core.placement.table_entries import table_entries
from migrator.core.placement.tenant_root import tenant_root, tenant_tree
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.core.schema.identifiers import qualified
from migrator.errors import ConfigurationError
from migrator.settings import Settings, TableSettings


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
        self.hops = Hops(catalog)
        self.entries = table_entries(catalog, settings.tables, settings.tenants.per_tenant_objects)
        self.root, self.root_key = tenant_root(catalog, settings, self.hops)
        if self.root is not None and self.root_key is not None:
            self.hops = Hops(catalog, (self.root, (self.root_key,)))
        self.per_tenant = tuple(name for name, target in settings.targets.items() if target.per_tenant)
        self.virtual = {relation: self.hops.virtual_keys(relation, entry) for relation, entry in self.entries.items()}
        handed_down = inherited_keys(catalog)
        self.keys = {
            relation: (*table.foreign_keys, *self.virtual.get(relation, ()), *handed_down.get(relation, ()))
            for relation, table in catalog.tables.items()
        }
        self.tree: TenantTree | None = None
        if self.root is not None and self.root_key is not None:
            self.tree = tenant_tree(settings, self.root, self.root_key, self.keys[self.root], self.hops)
        self.key_paths = self._find_paths()

    def result(self) -> Placements:
        placed: dict[Relation, Placement] = {}
        undecided: list[Undecided] = []
        relations = [
            *self.catalog.tables,
            *(relation for relation in self.entries if relation not in self.catalog.tables),
        ]
        for relation in relations:
            decision = self._place(relation, self._entry(relation))
            if isinstance(decision, Placement):
                placed[relation] = decision
            else:
                undecided.append(decision)
        for apart in self._apart_from_parents(placed):
            del placed[apart.relation]
            undecided.append(apart)
        keys = (*(key for of_table in self.keys.values() for key in of_table), *self.catalog.partition_keys)
        return Placements(placed, tuple(undecided), self.root, self.root_key, keys, self.tree, self._released())

    def _released(self) -> tuple[tuple[ForeignKey, str], ...]:
        """The declared keys that migrator.toml lets go, with the reasons."""
        released: dict[ForeignKey, str] = {}
        for relation, entry in self.entries.items():
            for release in entry.release:
                where = f"[[tables.{relation}.release]]"
                key = self.hops.reference(relation, relation, release.key, where, ())
                if key.virtual:
                    declared = [known.label for known in self.catalog.tables[relation].foreign_keys]
                    raise ConfigurationError(
                        f"{where}: the source declares no foreign key {release.key!r}.",
                        f"It declares: {'; '.join(declared) or 'none'}.",
                    )
                released[key] = release.reason
        return tuple(released.items())

    # -- key paths ------------------------------------------------------------------------------------------------

    def _find_paths(self) -> KeyPaths:
        default = self.settings.tenants.default
        if default is not None:
            everything = (*self.catalog.tables, *self.entries)
            return KeyPaths({relation: KeyPath((), relation, None, default.key) for relation in everything}, {})
        given = {
            relation: self._configured(relation, entry)
            for relation, entry in self.entries.items()
            if entry.key is not None or entry.key_path
        }
        if self.root is not None and self.root_key is not None:
            given.setdefault(self.root, KeyPath((), self.root, self.root_key))
        for relation in self.catalog.tables:
            if (key := self._owner(relation)) is not None:
                given[relation] = KeyPath((), relation, None, key)
        for relation in self.catalog.tables.keys() - given.keys():
            settled = (table for table in ancestors(self.catalog, relation) if table in given and table != self.root)
            above = next(settled, None)
            if above is not None:
                given[relation] = in_order([inherited_path(path, relation) for path in given[above].alternatives])
        return find_paths(self.catalog, self.keys, given, root=self.root, passable=self._passable)

    def _owner(self, relation: Relation) -> str | None:
        """The key of the one tenant whose table it is, by its name; what the file says of a table stands over that."""
        entry = self.entries.get(relation)
        said = entry is not None and (entry.target or entry.ignore or entry.decide)
        return None if said or not self.per_tenant else owner(self.settings.tenants.per_tenant_objects, relation)

    def _passable(self, relation: Relation) -> bool:
        """Whether a path may lead through that table: not through one that is placed outside the tenants."""
        entry = self.entries.get(relation)
        if self._owner(relation) is not None:
            return False
        if relation == self.root or entry is None:
            return True
        if entry.ignore is not None or self._keyed_by_query(relation):
            return False
        return entry.target is None or self.settings.holds_tenants(entry.target)

    def _keyed_by_query(self, relation: Relation) -> bool:
        """Whether the table's key is a column of its query alone: its own rows do not have it."""
        entry = self._entry(relation)
        table = self.catalog.tables.get(relation)
        return entry.query is not None and entry.key is not None and table is not None and not table.column(entry.key)

    def _configured(self, relation: Relation, entry: TableSettings) -> KeyPath:
        if entry.key is not None:
            table = self.catalog.tables.get(relation)
            if table is not None and entry.query is None:
                self.hops.require_column(table, entry.key, f"[tables.{relation}] key")
            blank = next((key.blank for key in self.virtual.get(relation, ()) if key.columns == (entry.key,)), None)
            return self._with_lookup(KeyPath((), relation, entry.key, blank=blank))
        keys = self.keys.get(relation, ())
        paths = [self.hops.path(relation, path, keys, self.virtual) for path in entry.key_paths]
        return in_order([self._with_lookup(path) for path in paths])

    def _with_lookup(self, path: KeyPath) -> KeyPath:
        """The path with its lookup, where a key of its last column to the tenant root needs one."""
        if self.root is None:
            return path
        for key in self.keys.get(path.relation, ()):
            if key.referenced == self.root and key.when is None and self.root_key in key.referenced_columns:
                there = KeyPath((), self.root, self.root_key)
                if key.columns[key.referenced_columns.index(self.root_key)] == path.column:
                    return replace(path, lookup=carried(key, there))
        return path

    # -- one table ------------------------------------------------------------------------------------------------

    def _place(self, relation: Relation, entry: TableSettings) -> Placement | Undecided:
        table = self.catalog.tables.get(relation)
        if table is not None and entry.query is None:
            for setting, columns in (("columns", entry.columns), ("large_objects", entry.large_objects)):
                for column in columns:
                    self.hops.require_column(table, column, f"[tables.{relation}] {setting}")
        if entry.ignore is not None:
            return Placement(
                relation, "", False, relation, f"ignored: {entry.ignore}", ignored=entry.ignore,
                inferred=entry.inferred, large_objects=entry.large_objects,
            )  # fmt: skip
        if entry.decide:
            return Undecided(relation, entry.decide, entry.reason or "migrator.toml leaves it to be decided")
        target, reason = self._home(relation, entry)
        if target is None:
            return Undecided(relation, tuple(self.settings.targets), reason)
        per_tenant = self.settings.targets[target].per_tenant
        secured = self.settings.targets[target].row_level_security
        replicas_per_tenant = any(self.settings.targets[name].per_tenant for name in entry.replicate)
        path = self.key_paths.paths.get(relation)
        if (per_tenant and path is None) or (secured and relation in self.key_paths.ambiguous):
            return Undecided(relation, (target,), self._why_no_path(relation))
        return Placement(
            relation=relation,
            target=target,
            per_tenant=per_tenant,
            destination=self._destination(relation, entry, target),
            reason=reason,
            key_path=path if per_tenant or replicas_per_tenant else None,
            columns=dict(entry.columns),
            query=entry.query,
            search_path=tuple(dict.fromkeys((*self.settings.source.schemas, "public"))) if entry.query else (),
            unowned=entry.unowned,
            replicate=entry.replicate,
            large_objects=entry.large_objects,
            tree=self.tree if per_tenant or replicas_per_tenant else None,
            own=self._owner(relation),
            inferred=entry.inferred or (path is not None and path.inferred),
            derived=relation not in self.catalog.tables,
            hosts=self._hosts(relation, entry, target),
            elsewhere=self._elsewhere(relation, entry, target),
            policy_path=path if secured else None,
        )

    def _destination(self, relation: Relation, entry: TableSettings, target: str) -> Relation:
        schema, _, name = (entry.as_ or relation.name).rpartition(".") if entry.as_ else ("", "", relation.name)
        own = self.settings.targets[target].schema_ if target in self.settings.targets else None
        return Relation(schema or own or relation.schema, name)

    def _hosts(self, relation: Relation, entry: TableSettings, target: str) -> Mapping[str, str]:
        hosts = {name: self.settings.host(name) for name in (target, *entry.replicate, *_unowned_target(entry))}
        for name in entry.replicate:
            if hosts[name] == hosts[target]:
                raise ConfigurationError(
                    f"[tables.{relation}] replicate: the target {name!r} is in the database that the table is in.",
                    "Leave it out: foreign keys within one database stay declared.",
                )
        return {name: host for name, host in hosts.items() if host != name}

    def _elsewhere(self, relation: Relation, entry: TableSettings, target: str) -> Mapping[str, Relation]:
        """Under which names copies of it go by in the databases of other targets."""
        named = {
            self.settings.host(name): self._destination(relation, entry, name)
            for name in (*entry.replicate, *_unowned_target(entry))
        }
        home = self._destination(relation, entry, target)
        return {host: name for host, name in named.items() if name != home}

    def _home(self, relation: Relation, entry: TableSettings) -> tuple[str | None, str]:
        if entry.target is not None:
            return entry.target, entry.reason or "configured"
        if (key := self._owner(relation)) is not None:
            return self.per_tenant[0], f"it is the tenant {key}'s alone, by its name"
        for above in self.catalog.tables[relation].parents if relation in self.catalog.tables else ():
            if above not in self.catalog.tables or (target := self._home(above, self._entry(above))[0]) is None:
                continue
            # Rows that name their tenant do not follow a parent out of the tenants' databases.
            if relation not in self.key_paths.paths or self.settings.holds_tenants(target):
                return target, f"it inherits from {above}"
        if relation == self.root:
            if "auth" in self.settings.targets and not self.settings.targets["auth"].per_tenant:
                return "auth", "the tenant root"
            return None, "the tenant root needs a target that is not per tenant"
        if self.settings.tenants.default is not None:
            return None, "there is no tenant root to derive a placement from"
        if relation in self.key_paths.paths and len(self.per_tenant) == 1:
            return self.per_tenant[0], self._how(self.key_paths.paths[relation])
        return None, self._why_no_path(relation)

    def _entry(self, relation: Relation) -> TableSettings:
        return self.entries.get(relation, TableSettings())

    def _apart_from_parents(self, placed: Mapping[Relation, Placement]) -> list[Undecided]:
        """Tables that would be where a table that they inherit from is not: they cannot be made there."""
        separated = []
        for relation, placement in placed.items():
            if relation not in self.catalog.tables or not placement.target:
                continue
            for above in ancestors(self.catalog, relation):
                there = placed[above].targets if above in placed else ()
                if above in placed and (missing := sorted(set(placement.targets) - set(there))):
                    where = f"goes to {' and '.join(there)}" if there else "is left behind"
                    reason = f"it inherits from {above}, which {where}: the two have to be together"
                    separated.append(Undecided(relation, there, reason, _together(relation, placed[above], missing)))
                    break
        return separated

    @staticmethod
    def _how(path: KeyPath) -> str:
        further = f", else over {len(path.otherwise)} other paths" if path.otherwise else ""
        if not path.hops:
            return f"its own key column{further}"
        return f"{len(path.hops)} hop{'s' * (len(path.hops) > 1)} to the tenant key{further}"

    def _why_no_path(self, relation: Relation) -> str:
        if relation in self.key_paths.ambiguous:
            ways = "; or ".join(path.text for path in self.key_paths.ambiguous[relation])
            return f"several key paths are equally short: {ways}"
        ambiguous = self.key_paths.ambiguous
        behind = [str(key.referenced) for key in self.keys.get(relation, ()) if key.referenced in ambiguous]
        if behind:
            return f"its key path leads through {behind[0]}, which is undecided itself"
        named = (key.referenced for key in self.keys.get(relation, ()))
        if (by_query := next(filter(self._keyed_by_query, named), None)) is not None:
            return f"it hangs on {by_query}, whose tenant only its query knows: read it by a query with a key too"
        return "no foreign key leads from it to the tenant root"


def _together(relation: Relation, above: Placement, missing: Sequence[str]) -> str:
    """What brings a table and the one that it inherits from into the same databases, `missing` being the child's."""
    child, parent = qualified(*relation), qualified(*above.relation)
    apart = f"or take them apart in the source: ALTER TABLE {child} NO INHERIT {parent};"
    entry = f"[tables.{json.dumps(str(above.relation), ensure_ascii=False)}]"
    if above.ignored:
        return f"Have both: {entry} target = {json.dumps(missing[0])}; {apart}"
    if above.per_tenant or "auth" in above.targets:
        return f"Place both alike, {apart}"
    copies = json.dumps(sorted({*above.replicate, *missing}))
    return f"Have the parent there too, with copies of its own rows: {entry} replicate = {copies}; {apart}"


def _unowned_target(entry: TableSettings) -> tuple[str, ...]:
    return (entry.unowned,) if entry.unowned in UNOWNED_TARGETS else ()
