"""Decides by counting rows over which path a table's rows reach their tenant, where keys alone do not decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from migrator.core.init.draft import Draft, attaches, draft, enters
from migrator.core.init.evidence import Agreement, WithoutTenant, complete, settle
from migrator.core.placement.key_paths import KeyPath, in_order, via
from migrator.core.placement.model import Placement
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.postgres.init.ownership_evidence import claimed
from migrator.postgres.init.references import agreement, disagreeing, named_by_pairs, naming_unset, without_tenant
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

    def settled(self) -> tuple[Draft, dict[Relation, Agreement], dict[Relation, WithoutTenant]]:
        """The last draft, what the rows say about several paths of a table, and which rows have no tenant."""
        self.common = self._common(self._drafted({}))
        drafted, agreements = self._owned(*self._draft({}))
        return self._completed(drafted, agreements, self._without_tenant(drafted))

    def _draft(self, chosen: dict[Relation, KeyPath]) -> tuple[Draft, dict[Relation, Agreement]]:
        """Drafts again and again until no ambiguous table is left that its rows can decide on."""
        agreements: dict[Relation, Agreement] = {}
        while True:
            drafted = self._drafted(chosen)
            settled = False
            for relation, paths in drafted.key_paths.ambiguous.items():
                if relation in agreements:
                    continue
                agreements[relation] = agreement = self._agreement(relation, paths)
                path = settle(paths, agreement)
                if path is not None:
                    chosen[relation] = path
                    settled = True
            if not settled:
                return drafted, agreements

    def _drafted(self, chosen: Mapping[Relation, KeyPath]) -> Draft:
        return draft(self.catalog, self.keys, self.root, self.root_key, chosen, self.common)

    def _common(self, drafted: Draft) -> frozenset[Relation]:
        """Tables that have a tenant only by who wrote their rows, while rows of several tenants name the same ones."""
        return frozenset(
            relation
            for relation in drafted.audited
            if any(
                (claimed_rows := claimed(self.connection, self.catalog, key, drafted.key_paths.paths[key.table]))
                is not None
                and claimed_rows.disputed
                for key in drafted.referencing.get(relation, ())
                if drafted.is_tenants(key.table) and key.table not in drafted.through
            )
        )

    def _owned(self, drafted: Draft, agreements: dict[Relation, Agreement]) -> tuple[Draft, dict[Relation, Agreement]]:
        """Gives tables without a path the paths of the rows that name theirs one for one, where these own most rows."""
        tried: set[Relation] = set()
        while pathless := [relation for relation in drafted.pathless if relation not in tried]:
            tried.update(pathless)
            chosen = {relation: path for relation, path in drafted.written.items() if relation not in drafted.through}
            for relation in pathless:
                ways = (*drafted.owners(relation), *self._claimed(drafted, relation))
                if not ways:
                    continue
                share = _OWNED_BY_PAIRS if all(way.hops[0].of is not None for way in ways) else _OWNED
                if all(_is_attached(drafted, way) for way in ways):
                    share = 0.0  # whatever else is there is attached to something without a tenant, or to nothing
                agreement = self._agreement(relation, ways)
                total = self.rows.get(relation)
                if agreement.disagreeing or total is None or agreement.rows < max(1, share * total):
                    continue
                chosen[relation] = complete(ways, agreement)
            if len(chosen) > len(drafted.written) - len(drafted.through & drafted.written.keys()):
                drafted, more = self._draft(chosen)
                agreements = agreements | more
        return drafted, agreements

    def _claimed(self, drafted: Draft, relation: Relation) -> Iterator[KeyPath]:
        """Paths over rows that name most of the table's rows, none of them for two tenants."""
        total = self.rows.get(relation)
        for claim in drafted.claims(relation):
            if total is None:
                continue
            claim_rows = claimed(self.connection, self.catalog, claim.key, drafted.key_paths.paths[claim.key.table])
            if claim_rows is None or claim_rows.disputed or not claim_rows.rows:
                continue
            if attaches(drafted.key_paths.paths[claim.key.table]):
                # What is attached once each is a part; what several rows attach (a tag) is not.
                if claim_rows.naming > claim_rows.rows:
                    continue
            elif total < _LEAST_CLAIMED or claim_rows.tenants < min(2, claim_rows.rows):
                continue
            evidence = (
                f"rows of {claim.key.table} name {claim_rows.rows:,} of {total:,} rows, none of them for two tenants"
            )
            for path in claim.paths:
                first, *hops = path.hops
                yield replace(path, hops=(replace(first, evidence=evidence), *hops))

    def _agreement(self, relation: Relation, paths: Sequence[KeyPath]) -> Agreement:
        rows, unequal, by_path = agreement(self.connection, self.catalog, relation, paths)
        samples = disagreeing(self.connection, self.catalog, relation, paths) if unequal else ()
        return Agreement(rows, unequal, by_path, samples)

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
            rows, unset, beneath, homeless, unknown, sampled = counted
            naming: Mapping[str, int] = {}
            named: Mapping[str, int] = {}
            if unset:
                pairs = [key for key in drafted.keys[relation] if key.when is not None]
                named = named_by_pairs(self.connection, self.catalog, placements[relation], pairs)
                keys = [key for key in drafted.referencing.get(relation, ()) if drafted.is_tenants(key.table)]
                naming = naming_unset(self.connection, self.catalog, placements[relation], keys)
            by_table[relation] = WithoutTenant(rows, unset, homeless, naming, sampled, unknown, beneath, named)
            self.counted[relation, placements[relation].key_path] = by_table[relation]
        return by_table

    def _completed(
        self,
        drafted: Draft,
        agreements: dict[Relation, Agreement],
        without: dict[Relation, WithoutTenant],
    ) -> tuple[Draft, dict[Relation, Agreement], dict[Relation, WithoutTenant]]:
        """Gives rows that have no tenant by their table's path its other paths, where these lead further.

        Parents come first: what they are given, their children's paths lead over too.
        """
        tried: set[Relation] = set()
        while True:
            chosen = _led_anew(drafted)
            waiting = {
                relation: others
                for relation, counted in without.items()
                if counted.homeless
                and relation not in tried
                and (others := (*drafted.other_paths(relation), *self._claimed(drafted, relation)))
            }
            if not waiting:
                return drafted, agreements, without
            first = {
                relation: others
                for relation, others in waiting.items()
                if not any(hop.referenced in waiting for path in others for hop in path.hops)
            }
            tried.update(first or waiting)
            more = False
            for relation, others in (first or waiting).items():
                ways = [*drafted.key_paths.paths[relation].alternatives, *others]
                agreement = self._agreement(relation, ways)
                if agreement.rows > without[relation].rows - without[relation].homeless:
                    chosen[relation] = self._fewest(relation, complete(ways, agreement), agreement.rows)
                    agreements[relation] = agreement
                    more = True
            if more:
                drafted = self._drafted(chosen)
                without = self._without_tenant(drafted)

    def _fewest(self, relation: Relation, path: KeyPath, rows: int) -> KeyPath:
        """The path less the alternatives that find no row a tenant which those before them do not find."""
        kept, known = [path.alternatives[0]], 0
        for alternative in path.alternatives:
            placed = self._agreement(relation, list(dict.fromkeys([*kept, alternative]))).rows
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
