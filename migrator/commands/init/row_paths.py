"""Decides by counting rows over which path a table's rows reach their tenant, where keys alone do not decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from migrator.core.init.draft import Draft, attaches, draft, enters
from migrator.core.init.evidence import PathEvidence, WithoutTenant, complete, settle
from migrator.core.placement.key_paths import KeyPath, in_order, via
from migrator.core.placement.model import Placement
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.postgres.init.ownership_evidence import ownership_evidence
from migrator.postgres.init.references import compare_paths, disagreeing, named_by_pairs, naming_unset, without_tenant
from migrator.postgres.session.connect import Connection

# So large a part of a table's rows has to be named by rows of a tenant, one for one, before it counts as theirs.
_OWNED = 0.8
# Where nothing but polymorphic pairs names a table's rows, they are parts, not reference data: fewer are enough.
_OWNED_BY_PAIRS = 0.5
# Fewer rows than these are named by one tenant's rows alone by chance.
_LEAST_CLAIMED = 10


class PathsByRows:
    """The search for the tenant of every table's rows: drafts by the keys, and what the rows say of each."""

    def __init__(
        self,
        connection: Connection,
        catalog: Catalog,
        keys: Sequence[ForeignKey],
        root: Relation,
        root_key: str,
        rows: Mapping[Relation, int | None],
    ) -> None:
        self.connection = connection
        self.catalog = catalog
        self.keys = keys
        self.root = root
        self.root_key = root_key
        self.rows = rows
        self.common: frozenset[Relation] = frozenset()
        self.counted: dict[tuple[Relation, KeyPath | None], WithoutTenant] = {}

    def settled(self) -> tuple[Draft, dict[Relation, PathEvidence], dict[Relation, WithoutTenant]]:
        """The last draft, what the rows say about several paths of a table, and which rows have no tenant."""
        self.common = self._common(self._drafted({}))
        drafted, path_evidence = self._owned(*self._draft({}))
        return self._completed(drafted, path_evidence, self._without_tenant(drafted))

    def _draft(self, chosen: dict[Relation, KeyPath]) -> tuple[Draft, dict[Relation, PathEvidence]]:
        """Drafts again and again until no ambiguous table is left that its rows can decide on."""
        path_evidence: dict[Relation, PathEvidence] = {}
        while True:
            drafted = self._drafted(chosen)
            settled = False
            for relation, paths in drafted.key_paths.ambiguous.items():
                if relation in path_evidence:
                    continue
                path_evidence[relation] = evidence = self._evidence_of(relation, paths)
                path = settle(paths, evidence)
                if path is not None:
                    chosen[relation] = path
                    settled = True
            if not settled:
                return drafted, path_evidence

    def _drafted(self, chosen: Mapping[Relation, KeyPath]) -> Draft:
        return draft(self.catalog, self.keys, self.root, self.root_key, chosen, self.common)

    def _common(self, drafted: Draft) -> frozenset[Relation]:
        """Tables that have a tenant only by who wrote their rows, while rows of several tenants name the same ones."""
        return frozenset(
            relation
            for relation in drafted.audited
            if any(
                (
                    naming_rows := ownership_evidence(
                        self.connection, self.catalog, key, drafted.key_paths.paths[key.table]
                    )
                )
                is not None
                and naming_rows.disputed
                for key in drafted.referencing.get(relation, ())
                if drafted.is_tenants(key.table) and key.table not in drafted.through
            )
        )

    def _owned(
        self, drafted: Draft, path_evidence: dict[Relation, PathEvidence]
    ) -> tuple[Draft, dict[Relation, PathEvidence]]:
        """Gives tables without a path the paths of the rows that name theirs one for one, where these own most rows."""
        tried: set[Relation] = set()
        while pathless := [relation for relation in drafted.pathless if relation not in tried]:
            tried.update(pathless)
            chosen = {relation: path for relation, path in drafted.written.items() if relation not in drafted.through}
            for relation in pathless:
                ways = (*drafted.owners(relation), *self._by_possible_owners(drafted, relation))
                if not ways:
                    continue
                share = _OWNED_BY_PAIRS if all(way.hops[0].of is not None for way in ways) else _OWNED
                if all(_is_attached(drafted, way) for way in ways):
                    share = 0.0  # whatever else is there is attached to something without a tenant, or to nothing
                evidence = self._evidence_of(relation, ways)
                total = self.rows.get(relation)
                if evidence.disagreeing or total is None or evidence.rows < max(1, share * total):
                    continue
                chosen[relation] = complete(ways, evidence)
            if len(chosen) > len(drafted.written) - len(drafted.through & drafted.written.keys()):
                drafted, more = self._draft(chosen)
                path_evidence = path_evidence | more
        return drafted, path_evidence

    def _by_possible_owners(self, drafted: Draft, relation: Relation) -> Iterator[KeyPath]:
        """Paths over rows that name most of the table's rows, none of them for two tenants."""
        total = self.rows.get(relation)
        for owner in drafted.possible_owners(relation):
            if total is None:
                continue
            counted = ownership_evidence(
                self.connection, self.catalog, owner.key, drafted.key_paths.paths[owner.key.table]
            )
            if counted is None or counted.disputed or not counted.rows:
                continue
            if attaches(drafted.key_paths.paths[owner.key.table]):
                # What is attached once each is a part; what several rows attach (a tag) is not.
                if counted.naming > counted.rows:
                    continue
            elif total < _LEAST_CLAIMED or counted.tenants < min(2, counted.rows):
                continue
            evidence = (
                f"rows of {owner.key.table} name {counted.rows:,} of {total:,} rows, none of them for two tenants"
            )
            for path in owner.paths:
                first, *hops = path.hops
                yield replace(path, hops=(replace(first, evidence=evidence), *hops))

    def _evidence_of(self, relation: Relation, paths: Sequence[KeyPath]) -> PathEvidence:
        rows, unequal, by_path = compare_paths(self.connection, self.catalog, relation, paths)
        samples = disagreeing(self.connection, self.catalog, relation, paths) if unequal else ()
        return PathEvidence(rows, unequal, by_path, samples)

    def _without_tenant(self, drafted: Draft) -> dict[Relation, WithoutTenant]:
        placements = {
            relation: Placement(relation, "", True, relation, "", key_path=drafted.key_paths.paths[relation])
            for relation in drafted.nullable
            if self.rows.get(relation) != 0
        }
        # Counting again is only for tables whose path is another one by now.
        by_table = {
            relation: self.counted[path]
            for relation, placement in placements.items()
            if (path := (relation, placement.key_path)) in self.counted
        }
        for relation, counted in without_tenant(
            self.connection,
            self.catalog,
            [placement for relation, placement in placements.items() if relation not in by_table],
            (self.root, self.root_key),
            drafted.keys,
        ):
            rows, unset, beneath, tenantless, unknown, sampled = counted
            naming: Mapping[str, int] = {}
            named: Mapping[str, int] = {}
            if unset:
                pairs = [key for key in drafted.keys[relation] if key.when is not None]
                named = named_by_pairs(self.connection, self.catalog, placements[relation], pairs)
                keys = [key for key in drafted.referencing.get(relation, ()) if drafted.is_tenants(key.table)]
                naming = naming_unset(self.connection, self.catalog, placements[relation], keys)
            by_table[relation] = WithoutTenant(rows, unset, tenantless, naming, sampled, unknown, beneath, named)
            self.counted[relation, placements[relation].key_path] = by_table[relation]
        return by_table

    def _completed(
        self,
        drafted: Draft,
        path_evidence: dict[Relation, PathEvidence],
        without: dict[Relation, WithoutTenant],
    ) -> tuple[Draft, dict[Relation, PathEvidence], dict[Relation, WithoutTenant]]:
        """Gives rows that have no tenant by their table's path its other paths, where these lead further.

        Parents come first: what they are given, their children's paths lead over too.
        """
        tried: set[Relation] = set()
        while True:
            chosen = _led_anew(drafted)
            waiting = {
                relation: others
                for relation, counted in without.items()
                if counted.tenantless
                and relation not in tried
                and (others := (*drafted.other_paths(relation), *self._by_possible_owners(drafted, relation)))
            }
            if not waiting:
                return drafted, path_evidence, without
            first = {
                relation: others
                for relation, others in waiting.items()
                if not any(hop.referenced in waiting for path in others for hop in path.hops)
            }
            tried.update(first or waiting)
            more = False
            for relation, others in (first or waiting).items():
                ways = [*drafted.key_paths.paths[relation].alternatives, *others]
                evidence = self._evidence_of(relation, ways)
                if evidence.rows > without[relation].rows - without[relation].tenantless:
                    chosen[relation] = self._fewest(relation, complete(ways, evidence), evidence.rows)
                    path_evidence[relation] = evidence
                    more = True
            if more:
                drafted = self._drafted(chosen)
                without = self._without_tenant(drafted)

    def _fewest(self, relation: Relation, path: KeyPath, rows: int) -> KeyPath:
        """The path less the alternatives that find no row a tenant which those before them do not find."""
        kept, known = [path.alternatives[0]], 0
        for alternative in path.alternatives:
            placed = self._evidence_of(relation, list(dict.fromkeys([*kept, alternative]))).rows
            if placed > known:
                kept, known = list(dict.fromkeys([*kept, alternative])), placed
            if known == rows:
                break
        return in_order(kept)


def _is_attached(drafted: Draft, way: KeyPath) -> bool:
    """Whether a path leads over rows that attach, by a polymorphic pair, what they name."""
    return way.hops[0].first and attaches(drafted.key_paths.paths[way.hops[0].referenced])


def _led_anew(drafted: Draft) -> dict[Relation, KeyPath]:
    """The paths that have been decided on, over the paths that the next tables on their way have now."""
    anew = {}
    for relation, path in drafted.written.items():
        if relation in drafted.through:
            continue
        ways: list[KeyPath] = []
        for one in path.alternatives:
            if not one.hops or one.hops[0].referenced == relation:
                ways.append(one)
                continue
            further = via(one.hops[0], drafted.key_paths.paths[one.hops[0].referenced]).alternatives
            ways += [way for way in further if enters(way, relation) <= one.hops[0].first]
        anew[relation] = in_order(ways)
    return anew
