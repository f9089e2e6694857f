"""Groups tables that belong together, for a database or a schema each."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import combinations

from migrator.core.init.references import noun
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.core.schema.names import slug
from migrator.errors import ConfigurationError

# Tables that nothing ties to others.
COMMON = "common"
# A first word that so many tables share is the application's own name and says nothing.
_TOO_COMMON = 0.5
# What a tie weighs beside a plain foreign key, which is 1 where nobody else references the parent.
_PART_OF = 2.0  # invoice_items -> invoices
_SAME_WORD = 0.5  # project_phases, project_members

Ties = Mapping[Relation, Mapping[Relation, float]]


@dataclass(frozen=True, slots=True)
class Member:
    """One table's group, and why it is in it."""

    relation: Relation
    group: str
    reason: str
    inferred: bool


def group_tables(
    catalog: Catalog, keys: Iterable[ForeignKey], given: Mapping[str, Sequence[str]]
) -> tuple[Member, ...]:
    """A group for every table, in the catalog's order.

    `given` are groups by name with the patterns of their tables ("invoice*", "crm.*"); what none of them matches joins
    the one that most ties it to. Without any, each schema is one; in a single schema they are communities: tables that
    reference each other or share a word more than chance would have it.

    Raises:
        ConfigurationError: a pattern matches no table.
    """
    members = dict(_given(catalog, given))
    rest = [relation for relation in catalog.tables if relation not in members]
    ties = _ties(catalog, keys)
    if given:
        members |= _joining(rest, members, ties)
    elif len({relation.schema for relation in rest}) > 1:
        members |= {
            relation: Member(relation, slug(relation.schema) or COMMON, f"in the schema {relation.schema}", False)
            for relation in rest
        }
    else:
        members |= _communities(rest, ties)
    return tuple(replace(members[relation], group=_allowed(members[relation].group)) for relation in catalog.tables)


def _allowed(name: str) -> str:
    """A group's name as one that a database and a schema can have."""
    return f"of_{name}" if name.startswith(("pg_", "migrator")) else name


def _given(catalog: Catalog, given: Mapping[str, Sequence[str]]) -> Iterator[tuple[Relation, Member]]:
    taken: set[Relation] = set()
    for name, patterns in given.items():
        for pattern in patterns:
            matching = [
                relation
                for relation in catalog.tables
                if fnmatchcase(relation.name, pattern) or fnmatchcase(".".join(relation), pattern)
            ]
            if not matching:
                raise ConfigurationError(
                    f"The group {name!r} names {pattern!r}, and no table of the source is called so.",
                    "Correct the name; * stands for any letters.",
                )
            for relation in matching:
                if relation not in taken:
                    taken.add(relation)
                    yield relation, Member(relation, name, f"the groups say so: {pattern}", False)


def _ties(catalog: Catalog, keys: Iterable[ForeignKey]) -> Ties:
    """How strongly two tables belong together. What everything references ties nothing to each other."""
    listed = [
        key for key in keys if key.when is None and key.table != key.referenced and key.referenced in catalog.tables
    ]
    referenced = Counter(parent for _, parent in {(key.table, key.referenced) for key in listed})
    weights: dict[Relation, dict[Relation, float]] = {relation: defaultdict(float) for relation in catalog.tables}

    def tie(left: Relation, right: Relation, weight: float) -> None:
        weights[left][right] += weight
        weights[right][left] += weight

    for child, parent in dict.fromkeys((key.table, key.referenced) for key in listed):
        part = f"{noun(child.name)}_".startswith(f"{noun(parent.name)}_")
        tie(child, parent, 1 / math.sqrt(referenced[parent]) + (_PART_OF if part else 0))
    by_word: dict[str, list[Relation]] = defaultdict(list)
    for relation in catalog.tables:
        by_word[_first_word(relation)].append(relation)
    for alike in by_word.values():
        if 1 < len(alike) <= max(2, _TOO_COMMON * len(catalog.tables)):
            for left, right in combinations(alike, 2):
                tie(left, right, _SAME_WORD)
    return weights


def _joining(rest: Sequence[Relation], known: Mapping[Relation, Member], ties: Ties) -> dict[Relation, Member]:
    """Each further table in the group that most ties it to, the surest first."""
    groups = {relation: member.group for relation, member in known.items()}
    joined: dict[Relation, Member] = {}
    waiting = set(rest)
    while waiting:
        pulls = [
            (weight, relation, group)
            for relation in waiting
            for group, weight in _pulls(ties[relation], groups).items()
        ]
        if not pulls:
            break
        _, relation, group = max(pulls, key=lambda pull: pull)
        nearest = max(
            (other for other in ties[relation] if groups.get(other) == group),
            key=lambda other: (ties[relation][other], other),
        )
        groups[relation] = group
        waiting.discard(relation)
        joined[relation] = Member(relation, group, f"most ties it to this group, {nearest} above all", True)
    untied = "nothing ties it to another table"
    return joined | {relation: Member(relation, COMMON, untied, True) for relation in sorted(waiting)}


def _pulls(neighbours: Mapping[Relation, float], groups: Mapping[Relation, str]) -> Mapping[str, float]:
    by_group: dict[str, float] = defaultdict(float)
    for neighbour, weight in neighbours.items():
        if neighbour in groups:
            by_group[groups[neighbour]] += weight
    return by_group


def _communities(relations: Sequence[Relation], ties: Ties) -> dict[Relation, Member]:
    """Communities of the greatest modularity that merging two at a time finds (Clauset, Newman and Moore, 2004)."""
    number = {relation: at for at, relation in enumerate(relations)}
    members = {at: [relation] for relation, at in number.items()}
    near = {
        at: {number[right]: weight for right, weight in ties[relation].items() if right in number}
        for relation, at in number.items()
    }
    degree = {at: sum(neighbours.values()) for at, neighbours in near.items()}
    total = sum(degree.values())
    waiting: list[tuple[float, int, int]] = []

    def consider(left: int, right: int) -> None:
        gain = near[left][right] / total - degree[left] * degree[right] / total**2
        if gain > 0:
            heapq.heappush(waiting, (-gain, min(left, right), max(left, right)))

    for left, neighbours in near.items():
        for right in neighbours:
            if left < right:
                consider(left, right)
    following = len(relations)
    while waiting:
        _, left, right = heapq.heappop(waiting)
        if left not in members or right not in members:
            continue
        merged, following = following, following + 1
        members[merged] = members.pop(left) + members.pop(right)
        degree[merged] = degree.pop(left) + degree.pop(right)
        joint: dict[int, float] = defaultdict(float)
        for part in (near.pop(left), near.pop(right)):
            for neighbour, weight in part.items():
                if neighbour not in (left, right):
                    joint[neighbour] += weight
        near[merged] = joint
        for neighbour, weight in joint.items():
            near[neighbour].pop(left, None)
            near[neighbour].pop(right, None)
            near[neighbour][merged] = weight
            consider(merged, neighbour)
    return dict(_named([sorted(group) for group in members.values()], ties))


def _named(groups: Sequence[Sequence[Relation]], ties: Ties) -> Iterator[tuple[Relation, Member]]:
    taken: set[str] = {COMMON}
    for group in sorted(groups, key=lambda group: (-len(group), group)):
        if len(group) == 1 and not ties[group[0]]:
            yield group[0], Member(group[0], COMMON, "nothing ties it to another table", True)
            continue
        within = set(group)
        weight = {relation: sum(tie for other, tie in ties[relation].items() if other in within) for relation in group}
        centre = max(group, key=lambda relation: (weight[relation], relation))
        word, shared = Counter(_first_word(relation) for relation in group).most_common(1)[0]
        titled = next((relation.name for relation in group if noun(relation.name) == word), word)
        wanted = slug(titled if shared > len(group) / 2 else centre.name) or COMMON
        name = next(
            free
            for free in (wanted, slug(centre.name), *(f"{wanted}_{n}" for n in range(2, 10_000)))
            if free not in taken
        )
        taken.add(name)
        for relation in group:
            reason = "what it is around" if relation == centre else f"tied together, {centre} above all"
            yield (
                relation,
                Member(relation, name, f"{len(group)} tables {reason}" if relation == centre else reason, True),
            )


def _first_word(relation: Relation) -> str:
    return noun(relation.name).partition("_")[0]
