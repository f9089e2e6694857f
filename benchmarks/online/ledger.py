"""The ledger: what the databases must hold, row by row, if every acknowledged write is there, and only those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.online.rows import Book, Row, TableName

# The counter that the load raises, one row a company.
COUNTER = "orders"


@dataclass(frozen=True)
class Ledger:
    """The rows of all writers by table and key; `twice` are keys that two writers were given."""

    rows: dict[TableName, dict[object, Row]]
    counted: dict[int, int]
    companies: range
    twice: tuple[tuple[TableName, object], ...] = ()

    @classmethod
    def of(cls, books: Iterable[Book], companies: int) -> Ledger:
        """The ledger of all these writers, whose companies are 1 to `companies`."""
        rows: dict[TableName, dict[object, Row]] = {}
        counted: dict[int, int] = {}
        twice: list[tuple[TableName, object]] = []
        for book in books:
            for table, row in _rows(book):
                key = row[1][0]
                known = rows.setdefault(table, {})
                if key in known:
                    twice.append((table, key))
                known[key] = row
            for company, times in book.counted.items():
                counted[company] = counted.get(company, 0) + times
        return cls(rows, counted, range(1, companies + 1), tuple(twice))

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.rows.values())

    def expected(self, table: TableName, companies: Iterable[int | None]) -> dict[object, Row]:
        """The rows of that table that are these companies'; None stands for those that are nobody's."""
        wanted = set(companies)
        if table == "counters":
            return {
                (company, COUNTER): (company, (self.counted.get(company, 0),))
                for company in wanted
                if company is not None
            }
        return {key: row for key, row in self.rows.get(table, {}).items() if row[0] in wanted}


def _rows(book: Book) -> Iterator[tuple[TableName, Row]]:
    for shelf in book.things.values():
        for thing in shelf.values():
            yield from thing.rows()
