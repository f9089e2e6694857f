"""What is said about a monolith beyond its schema: how many rows its tables hold, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

# The value of a column in a row, as a field of COPY's text format; rows are counted from 0.
Field = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Rows that are wrong on purpose. They come after the regular rows of their table, and nothing refers to them."""

    kind: str  # a kind of [clean.X] in migrator.toml
    table: str
    column: str
    rows: int  # up to scale 1; as many times more as the scale says above it
    values: Field
    where: sql.Composed  # what finds them

    @property
    def name(self) -> str:
        return f"{self.kind} {self.table}.{self.column}"


@dataclass(frozen=True)
class Monolith:
    """A monolith's schema, by the directory that holds its SQL, and the rows that its tables get.

    Every row of a table that leads to `owner` by foreign keys is owned by one of its rows, and refers to rows of the
    same owner. Tables that `rows` does not name have `rows_otherwise` rows at scale 1; those of `fixed` do not grow.
    """

    name: str
    owner: str
    rows: Mapping[str, int]
    fixed: Mapping[str, int]
    # What a column is drawn from: "table.column", or "column" for all that are called so.
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()
    rows_otherwise: int = 300

    @property
    def directory(self) -> Path:
        return Path(__file__).parents[1] / self.name

    def script(self, name: str) -> str:
        """The text of one of its SQL files."""
        return (self.directory / name).read_text(encoding="utf-8")


def with_test_accounts(table: str, column: str, rows: int) -> Flaw:
    """Accounts that testers left behind."""
    where = sql.SQL("{} LIKE '%@example.test'").format(sql.Identifier(column))
    return Flaw("test-accounts", table, column, rows, lambda row: f"tester{row}@example.test", where)


def with_expired(table: str, column: str, rows: int) -> Flaw:
    """Sessions, tokens and invitations that ended in 2020; the regular ones end in 2099."""
    where = sql.SQL("{} < '2021-01-01'").format(sql.Identifier(column))
    return Flaw("expired-sessions", table, column, rows, lambda row: f"2020-{1 + row % 12:02}-15 12:00:00+00", where)


def with_soft_deleted(table: str, column: str, rows: int) -> Flaw:
    """Rows that were marked as deleted in 2019; no regular row is."""
    where = sql.SQL("{} IS NOT NULL").format(sql.Identifier(column))
    return Flaw("soft-deleted", table, column, rows, lambda row: f"2019-{1 + row % 12:02}-20 08:00:00+00", where)


def with_orphans(table: str, column: str, parent: str, missing: Field, rows: int) -> Flaw:
    """Rows whose parent is gone, behind a foreign key that was never validated."""
    where = sql.SQL("{child} IS NOT NULL AND NOT EXISTS (SELECT FROM {parent} WHERE {key} = {child})").format(
        child=sql.Identifier(table, column), parent=sql.Identifier(parent), key=sql.Identifier(parent, "id")
    )
    return Flaw("orphans", table, column, rows, missing, where)
