"""Digests, their differences, and the conservation of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from migrator.core.placement.tenants import UNOWNED

if TYPE_CHECKING:
    from migrator.core.placement.model import Placement

HASH_MODULUS = 2**64
# The form in which rows are hashed (postgres/row_hash.py). Digests of different forms say nothing about each other, so
# it is a part of the epoch that a run's digests and receipts are of.
HASH_FORM = 2


@dataclass(frozen=True, slots=True)
class Digest:
    """Row count and order-independent hash of one (table, tenant).

    `relation` is the source's name of the table ("schema.table"), `tenant` the tenant key, '' where the table has
    none. `hash` is the sum of 64-bit row hashes modulo 2**64: equal sets of rows give equal sums in any order. The row
    hashes must not be linear in the columns, or the sum does not see values that rows exchange.
    """

    relation: str
    tenant: str
    rows: int
    hash: int

    def plus(self, other: Digest) -> Digest:
        """The digest of both sets of rows together."""
        return Digest(self.relation, self.tenant, self.rows + other.rows, (self.hash + other.hash) % HASH_MODULUS)


@dataclass(frozen=True, slots=True)
class Difference:
    """One (table, tenant) on which source and target disagree."""

    relation: str
    tenant: str
    kind: Literal["missing", "extra", "different"]
    source_rows: int
    target_rows: int


def differences(source: Iterable[Digest], target: Iterable[Digest]) -> tuple[Difference, ...]:
    """Where the two sides disagree; a (table, tenant) without rows equals one that is not listed."""
    left = {(digest.relation, digest.tenant): digest for digest in source}
    right = {(digest.relation, digest.tenant): digest for digest in target}
    unequal = []
    for place in sorted(left.keys() | right.keys()):
        one, other = left.get(place), right.get(place)
        source_rows, target_rows = (one.rows if one else 0), (other.rows if other else 0)
        if source_rows == target_rows and (one.hash if one else 0) == (other.hash if other else 0):
            continue
        kind: Literal["missing", "extra", "different"] = (
            "missing" if source_rows > target_rows else "extra" if source_rows < target_rows else "different"
        )
        unequal.append(Difference(*place, kind, source_rows, target_rows))
    return tuple(unequal)


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row on which the two sides disagree; `key` is its primary key as an array's text."""

    key: str
    kind: Literal["missing", "extra", "different"]


def merge_keys(source: Iterator[Sequence[Any]], target: Iterator[Sequence[Any]]) -> Iterator[RowDifference]:
    """Compares two streams of (key, hash), each in ascending order of the key's bytes, in constant memory."""
    left, right = next(source, None), next(target, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0].encode() < right[0].encode()):
            assert left is not None
            yield RowDifference(left[0], "missing")
            left = next(source, None)
        elif left is None or right[0].encode() < left[0].encode():
            yield RowDifference(right[0], "extra")
            right = next(target, None)
        else:
            if left[1] != right[1]:
                yield RowDifference(left[0], "different")
            left, right = next(source, None), next(target, None)


@dataclass(frozen=True, slots=True)
class Balance:
    """Conservation of one source table: `total` rows in the snapshot against where they went."""

    relation: str
    total: int
    placed: int
    shared: int = 0
    quarantined: int = 0
    ignored: int = 0

    @property
    def lost(self) -> int:
        """Rows that arrived nowhere (negative: more arrived than there were)."""
        return self.total - self.placed - self.shared - self.quarantined - self.ignored


def total(digests: Iterable[Digest]) -> dict[tuple[str, str], Digest]:
    """Digests of the same (table, tenant) taken together, as parts of a table are."""
    totals: dict[tuple[str, str], Digest] = {}
    for digest in digests:
        place = (digest.relation, digest.tenant)
        totals[place] = totals[place].plus(digest) if place in totals else digest
    return totals


def balances(
    counted: Mapping[str, int],
    copied: Mapping[str, Iterable[Digest]],
    placements: Iterable[Placement],
    quarantined: Mapping[str, int],
    databases: Mapping[str, int],
) -> tuple[Balance, ...]:
    """Conservation, table by table.

    `counted` gives each source table's rows in the snapshot, `copied` the digests of what each target was given,
    `databases` how many databases each target has. Tables made by a query are not the source's and have no balance.
    """
    by_table: dict[tuple[str, str], list[Digest]] = {}
    for target, digests in copied.items():
        for digest in digests:
            by_table.setdefault((target, digest.relation), []).append(digest)
    result = []
    for placement in placements:
        name = placement.relation.full_name
        if placement.derived:
            continue
        rows = counted[name]
        if placement.ignored:
            result.append(Balance(name, rows, 0, ignored=rows))
            continue
        home = by_table.get((placement.home, name), [])
        placed = sum(digest.rows for digest in home if digest.tenant != UNOWNED)
        unowned = sum(digest.rows for digest in home if digest.tenant == UNOWNED)
        shared = 0
        if placement.per_tenant and placement.unowned == "replicate":
            placed -= unowned * databases[placement.home]
            shared = unowned
        elif (elsewhere := placement.unowned_target) is not None:
            shared = sum(digest.rows for digest in by_table.get((placement.hosts.get(elsewhere, elsewhere), name), []))
        result.append(Balance(name, rows, placed, shared, quarantined.get(name, 0)))
    return tuple(result)
