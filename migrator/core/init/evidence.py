"""What the counted rows of a table say about its key paths, and which path follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migrator.core.placement.key_paths import KeyPath, in_order


@dataclass(frozen=True, slots=True)
class PathEvidence:
    """What the rows say about several key paths of one table: `by_path` counts the rows that each gives a tenant."""

    rows: int
    disagreeing: int
    by_path: tuple[int, ...]
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WithoutTenant:
    """Rows that have no tenant by their key path, `unset` those whose path begins with NULL.

    `beneath` of the others hang on a row that has none itself. `referenced` counts the rows of other tables that name
    one of the unset ones; `named` the unset ones by the table that their polymorphic pair names. `unknown` rows have a
    key that is no tenant's, and are not among the others.
    """

    rows: int
    unset: int
    tenantless: int
    referenced: Mapping[str, int] = field(default_factory=dict)
    sampled: bool = False
    unknown: int = 0
    beneath: int = 0
    named: Mapping[str, int] = field(default_factory=dict)


def settle(paths: Sequence[KeyPath], evidence: PathEvidence) -> KeyPath | None:
    """The path that several of equal standing amount to; None where their rows disagree, or none tells which counts.

    Paths that agree may be tried in any order: the one that knows most rows comes first, and is enough if it knows all.
    """
    if evidence.disagreeing or (evidence.rows == 0 and all(not path.hops for path in paths)):
        return None
    order = sorted(range(len(paths)), key=lambda number: (-evidence.by_path[number], number))
    if evidence.rows and evidence.by_path[order[0]] == evidence.rows:
        return paths[order[0]]
    return in_order([paths[number] for number in order])


def complete(paths: Sequence[KeyPath], evidence: PathEvidence) -> KeyPath:
    """One path from a table's own one and others that know rows which it does not know.

    The row's own column stays first: it wins where paths disagree. Otherwise a path that knows every row is enough.
    """
    counted = list(zip(paths, evidence.by_path, strict=True))
    if not paths[0].hops:
        return in_order([path for path, rows in counted if rows or path is paths[0]])
    best = max(counted, key=lambda counting: counting[1])
    if best[1] == evidence.rows and not evidence.disagreeing:
        return best[0]
    return in_order([path for path, rows in counted if rows])
