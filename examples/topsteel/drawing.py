"""Deterministic draws: which company owns the i-th row, and which row a reference points at, holding no row.

Every number here is a function of a row's position and a salt. So a table can be written from its first row to its
last in constant memory, and a row may point at any other row of its company without that row being looked up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from zlib import crc32

_MASK = (1 << 64) - 1
_SLOTS_PER_TENANT = 4
_MINIMUM_SLOTS = 1009


def mix(position: int, salt: int) -> int:
    """Scrambles a position into 47 bits that look random and never change (the finalizer of a 64-bit hash)."""
    value = (position * 0x9E3779B97F4A7C15 + salt) & _MASK
    value ^= value >> 32
    value = (value * 0xD6E8FEB86659FD93) & _MASK
    return value >> 17


def salt(name: str, seed: int) -> int:
    """A salt of its own for every table and seed."""
    return mix(seed, crc32(name.encode()) * 0x100000001B3)


class Pattern:
    """How many children each parent has, repeating with a period, so that child numbers are known without counting."""

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = tuple(counts)
        self._starts: tuple[int, ...] = (0, *accumulate(self._counts))
        self._period = len(self._counts)

    def of(self, parent: int) -> int:
        """The number of children of a parent, both counted from 0."""
        return self._counts[parent % self._period]

    def start(self, parent: int) -> int:
        """The number of the first child of a parent; also the number of children of all parents before it."""
        rounds, rest = divmod(parent, self._period)
        return rounds * self._starts[-1] + self._starts[rest]

    def times(self, other: Pattern) -> Pattern:
        """Children of two kinds combined: one for each pair, for two patterns of the same period."""
        return Pattern([a * b for a, b in zip(self._counts, other._counts, strict=True)])


class Tenancy:
    """Which company owns which row: a wheel of slots, each owned by a company, that goes round and round over the rows.

    Companies are numbered from 0, largest first; the k-th has about 1/(k+1) of the rows of the first. Their rows are
    interleaved, as in a table that all of them have filled for years. The first round begins with one slot for each
    company, so a table of at least as many rows as there are companies has a row of each.
    """

    def __init__(self, tenants: int, seed: int) -> None:
        self.tenants = tenants
        size = max(_MINIMUM_SLOTS, tenants * _SLOTS_PER_TENANT)
        weights = [1 / (tenant + 1) for tenant in range(tenants)]
        bounds = list(accumulate(weights))
        spread = [bisect_left(bounds, (slot + 0.5) / (size - tenants) * bounds[-1]) for slot in range(size - tenants)]
        order = sorted(range(len(spread)), key=lambda slot: mix(slot, salt("tenancy", seed)))
        self.slots: list[int] = [*range(tenants), *(spread[slot] for slot in order)]
        self.size = size
        self._positions: list[list[int]] = [[] for _ in range(tenants)]
        self._ranks: list[int] = []
        for slot, tenant in enumerate(self.slots):
            self._ranks.append(len(self._positions[tenant]))
            self._positions[tenant].append(slot)

    def owner(self, row: int) -> int:
        """The company that owns a row."""
        return self.slots[row % self.size]

    def counts(self, rows: int) -> list[int]:
        """How many of the first `rows` rows each company owns."""
        rounds, rest = divmod(rows, self.size)
        return [rounds * len(positions) + bisect_left(positions, rest) for positions in self._positions]

    def rank(self, row: int) -> int:
        """How many rows of the same company come before a row."""
        rounds, slot = divmod(row, self.size)
        return rounds * len(self._positions[self.slots[slot]]) + self._ranks[slot]

    def nth(self, tenant: int, rank: int) -> int:
        """The row of a company that has `rank` rows of it before: the inverse of `owner` and `rank`."""
        positions = self._positions[tenant]
        rounds, index = divmod(rank, len(positions))
        return rounds * self.size + positions[index]
