"""Scores candidates for the tenant root by the shape of the schema, with reasons in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.core.init.references import TableNames, holds_keys, noun, stems, words
from migrator.core.placement.references import virtual_key
from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Relation, Table, comparable

# Names that people give to the table of their customers, by how seldom they mean anything else.
_NAMES: Mapping[str, int] = {
    **dict.fromkeys(("tenant", "mandant", "locataire"), 40),
    **dict.fromkeys(
        ("organization", "organisation", "org", "company", "societe", "entreprise", "workspace", "realm",
         "customer_account"),
        32,
    ),
    **dict.fromkeys(
        ("account", "team", "agency", "agence", "firm", "cabinet", "institution", "school", "clinic", "family",
         "household", "practice", "hospital", "hotel", "restaurant", "studio", "gym", "salon", "university", "college",
         "academy", "association", "municipality", "commune", "franchise", "guild"),
        24,
    ),
    **dict.fromkeys(
        ("namespace", "business", "store", "shop", "site", "client", "customer", "etablissement", "partner", "vendor",
         "publisher", "subscriber", "network", "instance"),
        16,
    ),
    **dict.fromkeys(("project", "space", "group", "brand", "club", "community", "merchant", "domain", "app"), 10),
}  # fmt: skip
# Tables that much hangs on without being whose it is.
_NOT_TENANTS = frozenset({
    "user", "person", "people", "member", "profile", "country", "currency", "language", "locale", "region", "city",
    "state", "status", "type", "kind", "category", "tag", "role", "permission", "plan", "product", "item", "order",
    "file", "attachment", "document", "address", "unit", "setting", "image", "media", "event", "session", "message",
    "log", "channel", "post", "page", "contact", "employee", "permission_role", "utilisateur", "pays", "devise",
    "langue", "migration", "schema_migration",
})  # fmt: skip
# Columns that tenants have, because customers reach their own place by them.
_ADDRESSES = frozenset({"slug", "subdomain", "domain", "string_id", "code", "handle", "hostname", "url_slug"})
# Close behind the first: no choice is made between such two.
_CLOSE = 0.8
_LEAST = 12.0
# By a name that is worth so many points a column is a tenant's key rather than something else's.
_PLAIN_NAME = 24
# In so many tables a column is the tenant key rather than chance.
_MANY_TABLES = 4


@dataclass(frozen=True, slots=True)
class RootCandidate:
    """A table that may be the tenant root, its score in points, and why."""

    relation: Relation
    key: str
    score: float
    direct: int  # tables that reference it themselves
    reached: int  # tables from which foreign keys lead to it
    reasons: tuple[str, ...]
    doubtful: bool = False  # its name usually means something else
    named: int = 0  # points that its name is worth


@dataclass(frozen=True, slots=True)
class RootChoice:
    """The candidates, best first. `chosen` is None where none stands out; `why` says which rule decided."""

    candidates: tuple[RootCandidate, ...]
    chosen: RootCandidate | None
    why: str


def rank(catalog: Catalog, keys: Iterable[ForeignKey], most: int = 6) -> tuple[RootCandidate, ...]:
    """The most likely tenant roots, best first; `keys` are the declared and the inferred foreign keys."""
    shape = _Shape(catalog, [key for key in keys if key.when is None and key.referenced in catalog.tables])
    candidates = [candidate for table in catalog.tables.values() if (candidate := _score(shape, table)) is not None]
    ranked = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.relation))
    return tuple([candidate for candidate in ranked if candidate.score > 0][:most] or ranked[:3])


def choose(candidates: Sequence[RootCandidate], keys: Iterable[ForeignKey]) -> RootChoice:
    """The candidate that stands out; of two that contain one another, the outer one.

    An organisation that has projects is the tenant, not the project, as long as every project names its organisation.
    """
    listed = tuple(candidates)
    if not listed or listed[0].score < _LEAST:
        return RootChoice(listed, None, "no table looks like a list of tenants")
    first = listed[0]
    if first.doubtful:
        return RootChoice(listed, None, f"most hangs on {first.relation}, which is rarely a list of tenants")
    inside = {(key.table, key.referenced) for key in keys if key.table != key.referenced and key.when is None}
    # Much hangs on a central document, too; only what is named like a tenant contests one that is.
    rivals = [one for one in listed[1:] if one.score >= _CLOSE * first.score and one.named >= min(1, first.named)]
    outer = first
    for rival in rivals:
        if (outer.relation, rival.relation) in inside and (rival.relation, outer.relation) not in inside:
            outer = rival
    others = [
        rival for rival in (first, *rivals)
        if rival is not outer and not ((rival.relation, outer.relation) in inside and rival.score <= first.score)
    ]  # fmt: skip
    if others:
        names = ", ".join(str(one.relation) for one in (outer, *others))
        return RootChoice(listed, None, f"several tables look like it: {names}")
    if outer is not first:
        return RootChoice(listed, outer, f"it is the outer one: every {first.relation} belongs to one of it")
    return RootChoice(listed, first, "it stands out")


class _Shape:
    """Who references whom."""

    def __init__(self, catalog: Catalog, keys: Sequence[ForeignKey]) -> None:
        self.catalog = catalog
        self.into: dict[Relation, list[ForeignKey]] = defaultdict(list)
        for key in dict.fromkeys(keys):
            if key.table != key.referenced:
                self.into[key.referenced].append(key)

    def reached(self, relation: Relation) -> int:
        """How many tables lead to it."""
        seen = {relation}
        waiting = [relation]
        while waiting:
            for key in self.into.get(waiting.pop(), ()):
                if key.table not in seen:
                    seen.add(key.table)
                    waiting.append(key.table)
        return len(seen) - 1


def _score(shape: _Shape, table: Table) -> RootCandidate | None:
    key = key_of(table, shape.into.get(table.relation, ()))
    incoming = shape.into.get(table.relation, [])
    direct = {one.table for one in incoming}
    name = noun(table.relation.name)
    named = max((_NAMES.get(one, 0) for one in _endings(name)), default=0)
    if key is None or (not incoming and not named) or len(direct) < 1:
        return None
    tables = max(1, len(shape.catalog.tables) - 1)
    reached = shape.reached(table.relation)
    reasons = [f"{len(direct)} of {tables} tables reference it, {reached} lead to it"]
    score = 40 * len(direct) / tables + 20 * reached / tables
    mandatory = sum(_is_mandatory(shape.catalog, one) for one in incoming)
    if incoming:
        score += 8 * mandatory / len(incoming)
    if named:
        score += named
        reasons.append(f"named like a tenant ({table.relation.name})")
    doubtful = any(one in _NOT_TENANTS for one in _endings(name)[:2])
    if doubtful:
        score -= 30
        reasons.append(f"but {table.relation.name} usually means something else")
    scoped = {
        other.relation
        for one in incoming
        for other in (shape.catalog.tables[one.table],)
        if any(len(unique) > 1 and set(one.columns) < set(unique) for unique in other.unique_keys)
    }
    if scoped:
        score += min(12.0, 4.0 * len(scoped))
        reasons.append(f"{len(scoped)} {'tables are' if len(scoped) > 1 else 'table is'} unique within one of it")
    if addressed := sorted(_ADDRESSES & {"_".join(words(column.name)) for column in table.columns}):
        score += 4
        reasons.append(f"has {addressed[0]}")
    twice = sum(1 for one in direct if sum(other.table == one for other in incoming) > 1)
    if twice * 3 > len(direct):
        score -= 10
        reasons.append("but tables reference it in several roles, as they do people")
    return RootCandidate(table.relation, key, round(score, 1), len(direct), reached, tuple(reasons), doubtful, named)


def key_of(table: Table, incoming: Iterable[ForeignKey]) -> str | None:
    """The unique column by which the given keys name a table's rows most often; its primary key where none does."""
    named = Counter(key.referenced_columns for key in incoming if key.referenced == table.relation)
    single = [unique for unique in dict.fromkeys((table.primary_key, *table.unique_keys)) if len(unique) == 1]
    return max(single, key=lambda unique: named[unique])[0] if single else None


def tenant_columns(catalog: Catalog, keys: Iterable[ForeignKey]) -> Iterator[tuple[Relation, tuple[ForeignKey, ...]]]:
    """What a column that many tables have, named like a tenant and like no table, may refer to, likeliest first.

    tenant_id where the table of the tenants is called accounts: each table that may be meant, with the keys that this
    would be.
    """
    known = {(key.table, column) for key in keys for column in key.columns}
    names = TableNames(catalog)
    columns: dict[str, list[tuple[Table, Column]]] = defaultdict(list)
    for table in catalog.tables.values():
        for column in table.columns:
            stem = "_".join(words(column.name)[:-1])
            if (
                stem in _NAMES
                and words(column.name)[-1] in ("id", "uuid")
                and (table.relation, column.name) not in known
            ):
                columns[column.name].append((table, column))
    named = {
        relation: points
        for relation in catalog.tables
        if (points := max((_NAMES.get(one, 0) for one in _endings(noun(relation.name))), default=0))
    }
    for name, holders in columns.items():
        if len(holders) < _MANY_TABLES or names.meant("_".join(words(name)[:-1]), holders[0][0].relation) is not None:
            continue
        for relation in sorted(named, key=lambda table: (-named[table], table)):
            root = catalog.tables[relation]
            there = root.column(root.primary_key[0]) if len(root.primary_key) == 1 else None
            if there is not None and all(comparable(column.value_type, there.value_type) for _, column in holders):
                yield (
                    relation,
                    tuple(
                        virtual_key(catalog, table.relation, (column.name,), relation, (there.name,))
                        for table, column in holders
                    ),
                )


@dataclass(frozen=True, slots=True)
class NamedTenant:
    """A key that a column's name suggests to the tenant root; `plain` where the name can hardly mean anything else."""

    key: ForeignKey
    plain: bool


def naming_the_root(
    catalog: Catalog, keys: Iterable[ForeignKey], root: Relation, root_key: str
) -> Iterator[NamedTenant]:
    """Columns called like a tenant key, of whatever type, in tables that no key leads from to the tenant root.

    At most one of a table: the one whose name is plainest.
    """
    names = TableNames(catalog)
    known = {(key.table, column) for key in keys for column in key.columns}
    direct = {key.table for key in keys if key.referenced == root}
    own = set(_endings(noun(root.name)))
    for table in catalog.tables.values():
        if table.relation == root or table.relation in direct:
            continue
        suggested = []
        for column in table.columns:
            points = _points_of(names, column, table, root, own) if (table.relation, column.name) not in known else 0
            if points and holds_keys(column):
                suggested.append((points, column.name))
        if suggested:
            points, name = max(suggested, key=lambda item: item[0])
            key = virtual_key(catalog, table.relation, (name,), root, (root_key,))
            yield NamedTenant(key, points >= _PLAIN_NAME)


def _points_of(names: TableNames, column: Column, table: Table, root: Relation, own: set[str]) -> int:
    """What a column's name is worth as that of the tenant root's key; 0 where it means another table, or none."""
    if noun(column.name) in own:
        return _PLAIN_NAME
    for stem, _ in stems(column.name):
        meant = names.meant(stem, table.relation)
        if meant == root or (meant is None and stem in own):
            return _PLAIN_NAME
        if meant is not None:
            return 0
        if stem in _NAMES:
            return _NAMES[stem]
    return 0


def hidden_keys(catalog: Catalog) -> tuple[tuple[Relation, str], ...]:
    """Columns that may be the key of tables named like tenants, although they are but a part of the primary key."""
    return tuple(
        (table.relation, name)
        for table in catalog.tables.values()
        if len(table.primary_key) > 1
        and any(one in _NAMES for one in _endings(noun(table.relation.name)))
        and not any(key.columns[0] in table.primary_key for key in table.foreign_keys)
        for name in table.primary_key
        if words(name)[-1:] in (("id",), ("uuid",))
        and words(name)[0] in ("id", "uuid", *words(noun(table.relation.name)))
    )


def _endings(name: str) -> list[str]:
    """ "crm_account" -> crm_account, account: a module's prefix is no part of what it is."""
    parts = name.split("_")
    return ["_".join(parts[at:]) for at in range(len(parts))]


def _is_mandatory(catalog: Catalog, key: ForeignKey) -> bool:
    table = catalog.tables[key.table]
    return all((column := table.column(name)) is not None and column.not_null for name in key.columns)
