"""Recognises objects of one tenant: sequences, tables and roles whose names hold the tenant's key."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.core.placement.name_patterns import FIELD, owner
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.trees.division import PASSIVE, Division, Entry, LeftOut, bare_name

# A pattern is proposed where so many tenants have such an object, and nothing else is named so.
_LEAST_TENANTS = 2
_LEAST_SHARE = 0.5
# What comes once the rows are there.
_AFTERWARDS = frozenset({
    "CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT", "INDEX", "INDEX ATTACH", "STATISTICS", "TRIGGER", "RULE",
    "POLICY", "ROW SECURITY",
}) | PASSIVE  # fmt: skip


def propose_patterns(catalog: Catalog, keys: Collection[str], roles: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Patterns by which sequences, tables and `roles` are single tenants', each with its evidence.

    Only objects that no column draws from and no foreign key references come into question.
    """
    free = [one.relation for one in catalog.sequences.values() if not one.used_by and one.owned_by is None]
    tables = [relation for relation in catalog.tables if relation not in catalog.referencing]
    patterns = []
    people = [Relation("public", role) for role in roles]
    for kind, relations in (("sequence", free), ("table", tables), ("role", people)):
        known: dict[str, set[str]] = defaultdict(set)
        unknown_keys: dict[str, int] = defaultdict(int)
        for relation in relations:
            for place in (at for at, character in enumerate(relation.name) if character in "_-"):
                prefix, key = relation.name[: place + 1], relation.name[place + 1 :]
                schema = "" if relation.schema == "public" else f"{relation.schema}."
                if key in keys:
                    known[f"{schema}{prefix}{FIELD}"].add(key)
                elif key.isdecimal():
                    unknown_keys[f"{schema}{prefix}{FIELD}"] += 1
        for pattern, owners in sorted(known.items()):
            if len(owners) >= max(_LEAST_TENANTS, _LEAST_SHARE * len(keys)) and not unknown_keys[pattern]:
                patterns.append((pattern, f"{len(owners)} of {len(keys)} tenants have such a {kind}"))
    return tuple(patterns)


@dataclass(frozen=True)
class OwnEntries:
    """The DDL of tenants' own objects by tenant key, and what needs those of several tenants."""

    by_tenant: Mapping[str, tuple[Entry, ...]]
    left: tuple[LeftOut, ...]

    @property
    def ids(self) -> frozenset[int]:
        """The entries that no target's tree has."""
        entries = (entry for entries_of_tenant in self.by_tenant.values() for entry in entries_of_tenant)
        return frozenset(entry.id for entry in (*entries, *(one.entry for one in self.left)))

    def before(self, tenant: str) -> tuple[Entry, ...]:
        """What a tenant's rows need."""
        return tuple(entry for entry in self.by_tenant.get(tenant, ()) if entry.kind not in _AFTERWARDS)

    def after(self, tenant: str) -> tuple[Entry, ...]:
        """What is put on its tables once they are filled."""
        return tuple(entry for entry in self.by_tenant.get(tenant, ()) if entry.kind in _AFTERWARDS)

    def relations(self, tenant: str) -> tuple[Relation, ...]:
        """The tables, sequences and views that are a tenant's own."""
        kinds = ("TABLE", "SEQUENCE", "VIEW", "MATERIALIZED VIEW")
        entries = (entry for entry in self.by_tenant.get(tenant, ()) if entry.kind in kinds)
        return tuple(entry.relation or Relation(entry.schema, bare_name(entry)) for entry in entries)


_GRANT = re.compile(
    r'^(?:GRANT|REVOKE) .+ (?:TO|FROM) (?P<role>"(?:[^"]|"")+"|[^\s;]+)(?: WITH GRANT OPTION)?;$', re.MULTILINE
)


def without_own_grants(
    entries: Sequence[Entry], patterns: Sequence[str]
) -> tuple[tuple[Entry, ...], Mapping[str, tuple[Entry, ...]]]:
    """The entries less what they grant to roles of one tenant, and these grants by tenant.

    A grant's entry has the number of the one that it was taken from, negated.
    """
    grants: dict[str, list[Entry]] = defaultdict(list)
    rest = []
    for entry in entries:
        if patterns and entry.kind in ("ACL", "DEFAULT ACL"):
            taken = [(one[0], key) for one in _GRANT.finditer(entry.sql) if (key := _role_owner(patterns, one["role"]))]
            for line, key in taken:
                grants[key].append(replace(entry, id=-entry.id, sql=line))
                entry = replace(entry, sql=entry.sql.replace(line, "", 1))
        rest.append(entry)
    return tuple(rest), {key: tuple(one) for key, one in grants.items()}


def _role_owner(patterns: Sequence[str], role: str) -> str | None:
    return owner(patterns, Relation("", role[1:-1].replace('""', '"') if role.startswith('"') else role))


def privileges_in(text: str, patterns: Sequence[str], tenant: str) -> str | None:
    """An object's privileges as `read_objects` lists them, less those of other tenants' roles; None without any own."""
    listed = [(one, owner(patterns, Relation("", one.split(" ")[0]))) for one in text.split(", ")]
    if all(key is None for _, key in listed):
        return None
    return ", ".join(one for one, key in listed if key in (None, tenant))


def own_entries(
    entries: Sequence[Entry], patterns: Sequence[str], grants: Mapping[str, tuple[Entry, ...]] | None = None
) -> OwnEntries:
    """Divides off what is one tenant's: objects named by a pattern, all that needs them, and `grants` to its role."""
    owners: dict[int, frozenset[str]] = {}
    by_tenant: dict[str, list[Entry]] = defaultdict(list)
    left = []
    # In pg_dump's order what is needed comes first.
    for entry in entries if patterns else ():
        keys = frozenset[str]().union(*(owners[one] for one in entry.dependencies if one in owners))
        if not keys and entry.kind in ("TABLE", "SEQUENCE"):
            key = owner(patterns, entry.relation or Relation(entry.schema, bare_name(entry)))
            keys = frozenset() if key is None else frozenset({key})
        if not keys:
            continue
        owners[entry.id] = keys
        if len(keys) == 1:
            by_tenant[next(iter(keys))].append(entry)
        else:
            tenants = ", ".join(sorted(keys))
            left.append(LeftOut(entry, f"what it needs ends up apart: objects of the tenants {tenants}", spans=True))
    for key, granted in (grants or {}).items():
        by_tenant[key] += granted
    return OwnEntries({key: tuple(one) for key, one in by_tenant.items()}, tuple(left))


def apart(own: OwnEntries, division: Division, hosts: Collection[str]) -> tuple[OwnEntries, Division]:
    """Takes single tenants' objects out of the trees.

    What needs more than a tenant's database has, by the division among the `hosts` of tenants, is nobody's own.
    """
    here = {entry.id for host in hosts for entry in division.targets[host]}
    kept = OwnEntries(
        {key: tuple(one for one in entries if abs(one.id) in here) for key, entries in own.by_tenant.items()}, own.left
    )
    refused = [
        LeftOut(replace(one, name=f"{one.name} of the tenant {key}"), "no tenant's database has what it is on")
        for key, entries in own.by_tenant.items()
        for one in entries
        if one.id < 0 and -one.id not in here
    ]
    reported = {one.entry.id for one in division.left}
    targets = {
        name: tuple(entry for entry in entries if entry.id not in own.ids) for name, entries in division.targets.items()
    }
    left = (*division.left, *(one for one in own.left if one.entry.id not in reported), *refused)
    return kept, replace(division, targets=targets, left=left)


def objects_of_unknown_tenants(catalog: Catalog, patterns: Sequence[str], keys: Collection[str]) -> Iterable[Relation]:
    """Objects that are named like a tenant's own, of no tenant that there is."""
    for relation in (*catalog.sequences, *catalog.tables):
        key = owner(patterns, relation)
        if key is not None and key not in keys:
            yield relation
