"""Drafts where tables go by their keys alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from migrator.core.init.people import identity_tables, is_audit, is_bookkeeping
from migrator.core.placement.key_paths import KeyPath, KeyPaths, find_paths, in_order, via
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table

# So many rows of its own table above it a row without a tenant is looked for one.
_CLIMB = 3


@dataclass(frozen=True, slots=True)
class PossibleOwner:
    """Rows that seem to own the rows that they name by `key`, and the paths of these over them, each by itself."""

    key: ForeignKey
    paths: tuple[KeyPath, ...]


@dataclass(frozen=True)
class Draft:
    """Where the tables would go by their keys alone, and which questions only the rows can answer."""

    catalog: Catalog
    keys: Mapping[Relation, tuple[ForeignKey, ...]]
    root: Relation
    identities: Mapping[Relation, str]
    key_paths: KeyPaths
    written: Mapping[Relation, KeyPath]  # paths that have to be written into the file
    through: frozenset[Relation]  # tables that are reached through identities only

    def is_tenants(self, relation: Relation) -> bool:
        """Whether the table's rows are tenants' rows."""
        return relation in self.key_paths.paths and relation != self.root and relation not in self.identities

    @property
    def nullable(self) -> tuple[Relation, ...]:
        """Tables of tenants' rows whose key path may meet NULL on its way, or a parent that is not there."""
        return tuple(
            relation
            for relation, path in self.key_paths.paths.items()
            if self.is_tenants(relation)
            and all(self._may_fail(relation, alternative) for alternative in path.alternatives)
        )

    def other_paths(self, relation: Relation) -> tuple[KeyPath, ...]:
        """Further ways from a table to a tenant: over other tables, then over the row above in the table itself."""
        known = set(self.key_paths.paths[relation].alternatives) if relation in self.key_paths.paths else set()
        others: dict[KeyPath, None] = {}
        for key in self.keys.get(relation, ()):
            parent = self.key_paths.paths.get(key.referenced)
            if parent is None or key.referenced == relation:
                continue
            for path in via(key, parent).alternatives:
                if path not in known and all(hop.referenced != relation for hop in path.hops):
                    others[path] = None
        parts = (
            path
            for path in self.owners(relation)
            if not self._may_be_null(path.hops[0].referenced, path.hops[0].referenced_columns)
            and path.hops[0].referenced_columns != self.catalog.tables[path.hops[0].referenced].primary_key
        )
        above = (path for path in self._above(relation) if path not in known)
        return (*sorted(others, key=lambda path: len(path.hops)), *parts, *above)

    def _above(self, relation: Relation) -> Iterator[KeyPath]:
        """Ways over the row that a row is declared to hang on: PostgreSQL would not let it go anywhere else."""
        path = self.key_paths.paths.get(relation)
        for key in self.keys.get(relation, ()):
            if path is None or key.referenced != relation or key.virtual:
                continue
            for depth in range(1, _CLIMB + 1):
                for alternative in path.alternatives:
                    if (
                        all(hop.referenced != relation for hop in alternative.hops)
                        and alternative.column not in key.referenced_columns
                    ):
                        yield replace(alternative, hops=(*(key,) * depth, *alternative.hops), otherwise=())

    @property
    def audited(self) -> tuple[Relation, ...]:
        """Tables that have a tenant only by who wrote their rows."""
        return tuple(
            relation
            for relation in self.through
            if relation not in self.identities
            and all(
                alternative.hops and is_audit(alternative.hops[0])
                for alternative in self.key_paths.paths[relation].alternatives
            )
        )

    def owners(self, relation: Relation) -> tuple[KeyPath, ...]:
        """Ways against the direction of keys: over rows that name a row of this table one for one, as their own part.

        Empty where only people own such rows: those are AUTH's.
        """
        found = {}
        for key in self.referencing.get(relation, ()):
            table = self.catalog.tables[key.table]
            path = self.key_paths.paths.get(key.table)
            if path is None or key.when is not None or key.table == relation or key.columns not in table.unique_keys:
                continue
            if relation in (hop.referenced for alternative in path.alternatives for hop in alternative.hops):
                continue
            back = ForeignKey(
                "", relation, key.referenced_columns, key.table, key.columns, validated=False, virtual=True,
                evidence=f"rows of {key.table} name its rows one for one", as_text=key.as_text,
            )  # fmt: skip
            found[key.table] = replace(path, hops=(back, *path.hops), otherwise=())
        return tuple(found.values()) if any(one not in self.identities for one in found) else ()

    def possible_owners(self, relation: Relation) -> Iterator[PossibleOwner]:
        """Ways over rows that name rows of this table without being bound to name each only once.

        Rows of a polymorphic pair do so where the table is named by such pairs alone: reference data has plain keys to
        it. Rows of a link table do, whose unique key is of nothing but references; and attachments, which a
        polymorphic pair gives to others, with what they attach.
        """
        naming = [key for key in self.referencing.get(relation, ()) if key.table != relation]
        only_pairs = all(key.when is not None for key in naming)
        for key in naming:
            table = self.catalog.tables[key.table]
            path = self.key_paths.paths.get(key.table)
            if (
                path is None
                or not self.is_tenants(key.table)
                or not table.primary_key
                or key.columns in table.unique_keys
            ):
                continue
            # What attaches a part of a part leads through both twice: the picture of a picture's message.
            known = [
                alternative for alternative in path.alternatives if enters(alternative, relation) <= attaches(path)
            ]
            if not known:
                continue
            path = in_order(known)  # of attachments every path counts: they have one for each table that they go with
            named = self._links(table, key) or attaches(path)
            if (only_pairs and key.when is not None) or (key.when is None and named):
                back = ForeignKey(
                    "", relation, key.referenced_columns, key.table, key.columns, validated=False, virtual=True,
                    as_text=key.as_text, of=key.when, first=True,
                )  # fmt: skip
                ways = path.alternatives if attaches(path) else path.alternatives[:1]
                yield PossibleOwner(key, tuple(replace(way, hops=(back, *way.hops)) for way in ways))

    def _links(self, table: Table, key: ForeignKey) -> bool:
        references = {column for one in self.keys.get(table.relation, ()) for column in one.columns}
        return any(
            len(unique) > 1 and set(key.columns) < set(unique) and set(unique) <= references
            for unique in table.unique_keys
        )

    @cached_property
    def referencing(self) -> Mapping[Relation, Sequence[ForeignKey]]:
        """The keys that reference each table."""
        incoming: dict[Relation, list[ForeignKey]] = {}
        for keys in self.keys.values():
            for key in keys:
                incoming.setdefault(key.referenced, []).append(key)
        return incoming

    @property
    def pathless(self) -> tuple[Relation, ...]:
        """Tables that no key leads from to a tenant, although rows of others own theirs."""
        return tuple(
            relation
            for relation in self.catalog.tables
            if relation != self.root
            and relation not in self.key_paths.paths
            and relation not in self.key_paths.ambiguous
            and relation not in self.identities
            and not is_bookkeeping(relation)
            and (
                any(path.relation != self.root or len(path.hops) > 1 for path in self.owners(relation))
                or next(self.possible_owners(relation), None) is not None
            )
        )

    def _may_fail(self, relation: Relation, path: KeyPath) -> bool:
        steps = [(hop.table, hop.columns) for hop in path.hops]
        if path.relation != self.root or not path.hops:
            steps.append((path.relation, (path.column or "",)))
        if path.blank is not None or path.evidence or any(hop.virtual or not hop.validated for hop in path.hops):
            return True
        return any(self._may_be_null(table, columns) for table, columns in steps)

    def _may_be_null(self, relation: Relation, columns: tuple[str, ...]) -> bool:
        table = self.catalog.tables[relation]
        return any((column := table.column(name)) is None or not column.not_null for name in columns)


def attaches(path: KeyPath) -> bool:
    """Whether rows with that path are attachments: a polymorphic pair says to what."""
    return all(alternative.hops and alternative.hops[0].when is not None for alternative in path.alternatives)


def enters(path: KeyPath, relation: Relation) -> int:
    """How often the path leads into the table."""
    return sum(hop.referenced == relation for hop in path.hops)


def draft(
    catalog: Catalog,
    keys: Iterable[ForeignKey],
    root: Relation,
    root_key: str,
    chosen: Mapping[Relation, KeyPath] | None = None,
    common: frozenset[Relation] = frozenset(),
) -> Draft:
    """A draft by the foreign keys, declared and inferred; `chosen` are paths that the rows have decided on.

    `common` are tables that rows of several tenants use: who wrote a row there says nothing about whose it is.
    """
    by_table: dict[Relation, tuple[ForeignKey, ...]] = {relation: () for relation in catalog.tables}
    for key in dict.fromkeys(keys):
        if key.referenced in catalog.tables:
            by_table[key.table] = (*by_table[key.table], key)
    identities = identity_tables(catalog, by_table, root)
    kept = {name: path for name, path in (chosen or {}).items() if name not in identities}
    given = {**kept, root: KeyPath((), root, root_key)}
    strict = find_paths(
        catalog,
        by_table,
        given,
        root=root,
        passable=lambda table: table not in identities and not is_bookkeeping(table),
    )
    # Applications whose users belong to one tenant each: what hangs on a user is the tenant's, wherever users go.
    owning = {
        relation: tuple(key for key in found if relation not in common or not is_audit(key))
        for relation, found in by_table.items()
    }
    loose = find_paths(catalog, owning, strict.paths, root=root, passable=lambda table: not is_bookkeeping(table))
    through = frozenset(
        relation for relation in loose.paths if relation not in strict.paths and relation not in strict.ambiguous
    )
    ambiguous = {name: ways for name, ways in {**loose.ambiguous, **strict.ambiguous}.items() if name not in identities}
    paths = {relation: path for relation, path in loose.paths.items() if relation not in strict.ambiguous}
    written = {**kept, **{relation: paths[relation] for relation in through if relation not in identities}}
    return Draft(catalog, by_table, root, identities, KeyPaths(paths, ambiguous), written, through)
