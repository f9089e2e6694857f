"""What the tables' rows are drawn from: the sizes, and who owns which row of what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from .drawing import Pattern, Tenancy, salt
from .sizes import Sizes

# Children per order, all of one period; children per invoice and per payment.
LIGNES = Pattern([3, 1, 4, 2, 5, 3, 2, 4, 1, 5, 3, 2, 6, 1, 3, 4, 2, 3, 4, 2])
LIVRAISONS = Pattern([1, 0, 1, 2, 1, 1, 0, 1, 1, 0, 1, 1, 1, 2, 0, 1, 1, 0, 1, 1])
FACTURES = Pattern([1, 1, 0, 2, 1, 1, 0, 1, 1, 1, 0, 1, 1, 2, 1, 1, 0, 1, 1, 1])
LIVRAISON_LIGNES = LIVRAISONS.times(LIGNES)
FACTURE_LIGNES = Pattern([2, 1, 3, 2, 1])
PAIEMENTS = Pattern([1, 0, 1, 2, 1, 1, 0])
RAPPROCHEMENTS = Pattern([1, 0, 1])


@dataclass(frozen=True)
class World:
    """The monolith that is being written. Rows are counted from 0 here; identifiers are one more."""

    sizes: Sizes
    seed: int

    @cached_property
    def tenancy(self) -> Tenancy:
        return Tenancy(self.sizes.tenants, self.seed)

    def salt(self, table: str) -> int:
        return salt(table, self.seed)

    def pick(self, rows: int) -> Callable[[int, int], int]:
        """A draw of a row of a company out of the first `rows`: (tenant, random number) -> identifier."""
        counts, nth = self.tenancy.counts(rows), self.tenancy.nth
        return lambda tenant, draw: nth(tenant, draw % counts[tenant]) + 1


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one table: columns, and lines in COPY's text format, in the order of the columns."""

    table: str
    columns: tuple[str, ...]
    lines: Callable[[World], Iterator[str]]


def table(name: str, columns: str, lines: Callable[[World], Iterator[str]]) -> TableRows:
    """A table's rows, its columns written as one string."""
    return TableRows(name, tuple(columns.split()), lines)
