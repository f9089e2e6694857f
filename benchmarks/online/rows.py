"""What a writer holds of the monolith: its rows as values, and how each of them stands in its table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

TableName = Literal["orders", "lines", "notes", "customers", "settings", "users", "counters"]

# The company of a row (None: it is nobody's, or everybody's), and its values in the order of `COLUMNS`, the key first.
Row = tuple[int | None, tuple[Any, ...]]


# What every order and every line says besides: the defaults of their columns.
REMARK = "Please ring twice, and leave it with the neighbours if nobody is in."
ARTICLE = "A-20311 hexagon head screw, M8 x 40, galvanised, pack of 100"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order with its only note."""

    id: int
    position: int
    quantity: int
    note_id: int
    note: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its lines."""

    id: int
    company: int
    stamp: int
    total: Decimal
    placed_at: datetime
    lines: tuple[Line, ...]

    def rows(self) -> Iterator[tuple[TableName, Row]]:
        yield "orders", (self.company, (self.id, self.stamp, self.total, self.placed_at, REMARK))
        for line in self.lines:
            yield "lines", (self.company, (line.id, self.id, line.position, line.quantity, ARTICLE))
            yield "notes", (self.company, (line.note_id, line.id, line.note))


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer, whose e-mail no other customer of any company has."""

    id: int
    company: int
    email: str
    credit: Decimal

    def rows(self) -> Iterator[tuple[TableName, Row]]:
        yield "customers", (self.company, (self.id, self.email, self.credit))


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a company, or (company None) of all."""

    id: int
    company: int | None
    name: str
    value: int

    def rows(self) -> Iterator[tuple[TableName, Row]]:
        yield "settings", (self.company, (self.id, self.name, self.value))


@dataclass(frozen=True, slots=True)
class User:
    """Who signs in; no company's."""

    id: int
    email: str
    logins: int

    def rows(self) -> Iterator[tuple[TableName, Row]]:
        yield "users", (None, (self.id, self.email, self.logins))


Thing = Order | Customer | Setting | User
Kind = TypeVar("Kind", Order, Customer, Setting, User)


@dataclass(frozen=True, slots=True)
class Witness:
    """The value by which is seen, afterwards, whether a transaction took place: `after` if it did, else `before`.

    None stands for a row that is not there.
    """

    table: TableName
    key: int
    column: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """What a transaction does to its writer's things once it is acknowledged.

    `counted` is the company whose counter it raised by one; `rows` how many rows it changed, those of cascades among
    them.
    """

    witness: Witness
    put: tuple[Thing, ...] = ()
    gone: tuple[Thing, ...] = ()
    rows: int = 1
    counted: int | None = None


@dataclass
class Book:
    """The things of one writer, as they were acknowledged, and how often it raised each company's counter."""

    things: dict[tuple[type[Thing], int | None], dict[int, Thing]] = field(default_factory=dict)
    counted: dict[int, int] = field(default_factory=dict)

    def of(self, kind: type[Kind], company: int | None) -> list[Kind]:
        """The writer's things of that kind and company."""
        return [thing for thing in self.things.get((kind, company), {}).values() if isinstance(thing, kind)]

    def apply(self, change: Change) -> None:
        """Enters what was acknowledged."""
        for thing in change.gone:
            del self.things[_shelf(thing)][thing.id]
        for thing in change.put:
            self.things.setdefault(_shelf(thing), {})[thing.id] = thing
        if change.counted is not None:
            self.counted[change.counted] = self.counted.get(change.counted, 0) + 1


def _shelf(thing: Thing) -> tuple[type[Thing], int | None]:
    return type(thing), None if isinstance(thing, User) else thing.company
