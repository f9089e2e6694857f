"""Who owns which row, and so which rows a reference may point at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from examples.topsteel.drawing import Tenancy
from migrator.core.schema.catalog import Catalog, Relation

# (row, random number) -> the row of the parent that it refers to, or None
Choice = Callable[[int, int], int | None]


class Ownership:
    """Rows of the owner's table, and the rows of all tables that lead to it, each of which has one owner."""

    def __init__(self, catalog: Catalog, owner: Relation, rows: Mapping[Relation, int], seed: int) -> None:
        self._catalog = catalog
        self._owner = owner
        self._rows = rows
        self._tenancy = Tenancy(rows[owner], seed)
        self._counts: dict[Relation, list[int]] = {}

    @cached_property
    def owned(self) -> frozenset[Relation]:
        """The owner's table and all that lead to it by foreign keys."""
        found = {self._owner}
        waiting = [self._owner]
        while waiting:
            for key in self._catalog.referencing.get(waiting.pop(), ()):
                if key.table not in found:
                    found.add(key.table)
                    waiting.append(key.table)
        return frozenset(found)

    def of(self, row: int) -> int:
        """The owner of a row of an owned table, both counted from 0."""
        return self._tenancy.owner(row)

    def rank(self, row: int) -> int:
        """How many rows of the same owner come before a row."""
        return self._tenancy.rank(row)

    def counts(self, table: Relation) -> list[int]:
        """How many regular rows of a table each owner has."""
        if table not in self._counts:
            self._counts[table] = self._tenancy.counts(self._rows[table])
        return self._counts[table]

    def available(self, table: Relation, parent: Relation, owner: int) -> int:
        """How many rows of `parent` a row of `table` may refer to, if it is that owner's."""
        if table not in self.owned or parent not in self.owned:
            return self._rows[parent]
        return 1 if parent == self._owner else self.counts(parent)[owner]

    def nth(self, table: Relation, parent: Relation, owner: int, position: int) -> int:
        """One of the rows that `available` counts."""
        if table not in self.owned or parent not in self.owned:
            return position
        return owner if parent == self._owner else self._tenancy.nth(owner, position)

    def choice(self, table: Relation, parent: Relation) -> Choice:
        """References from one table to another, or to rows of the same that came before."""
        if table == parent:
            return self._earlier(table)

        def choose(row: int, draw: int) -> int:
            owner = self.of(row)
            return self.nth(table, parent, owner, draw % self.available(table, parent, owner))

        return choose

    def _earlier(self, table: Relation) -> Choice:
        # The owner's own rows have no ranks: each is the first of itself.
        ranked = table in self.owned and table != self._owner

        def choose(row: int, draw: int) -> int | None:
            before = self.rank(row) if ranked else row
            if before == 0 or draw % 3 == 0:
                return None
            return self._tenancy.nth(self.of(row), draw // 3 % before) if ranked else draw // 3 % before

        return choose
