"""What is said about a monolith beyond its schema: how many rows its tables hold, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
    where: str  # what finds them, in SQL

    @property
    def name(self) -> str:
        return f"{self.kind} {self.table}.{self.column}"


@dataclass(frozen=True)
class Monolith:
    """A monolith's schema, by the directory that holds its SQL, and the rows that its tables get.

    Each row of `owner` owns about as many rows of every table that leads to it by foreign keys; a row's references stay
    with its owner. Tables that `rows` does not name have `rows_otherwise` rows at scale 1; those of `fixed` do not grow.
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


def testers(table: str, column: str = "email", rows: int = 8) -> Flaw:
    """Accounts that testers left behind."""
    return Flaw(
        "test-accounts", table, column, rows, lambda i: f"tester{i}@example.test", f"\"{column}\" LIKE '%@example.test'"
    )


def expired(table: str, column: str, rows: int) -> Flaw:
    """Sessions, tokens and invitations that ended in 2020; the regular ones end in 2099."""
    return Flaw(
        "expired-sessions",
        table,
        column,
        rows,
        lambda i: f"2020-{1 + i % 12:02}-15 12:00:00+00",
        f"\"{column}\" < '2021-01-01'",
    )


def soft_deleted(table: str, column: str, rows: int) -> Flaw:
    """Rows that were marked as deleted in 2019; no regular row is."""
    return Flaw(
        "soft-deleted",
        table,
        column,
        rows,
        lambda i: f"2019-{1 + i % 12:02}-20 08:00:00+00",
        f'"{column}" IS NOT NULL',
    )


def orphans(table: str, column: str, parent: str, missing: Field, rows: int) -> Flaw:
    """Rows whose parent is gone, behind a foreign key that was never validated."""
    return Flaw(
        "orphans",
        table,
        column,
        rows,
        missing,
        f'"{column}" IS NOT NULL AND NOT EXISTS (SELECT FROM "{parent}" p WHERE p.id = "{table}"."{column}")',
    )
