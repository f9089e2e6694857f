"""The transactions of the load: each knows its statements, and what they make of its writer's things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from psycopg import Connection

from benchmarks.online.rows import Change, Customer, Line, Order, Setting, User, Witness

# An order is placed with as many lines, and each of them with a note: with its counter, a transaction changes 7 rows.
LINES = 3
_NOTE = "Written down by the clerk who took the order by telephone, in the morning."


class WrongAnswer(Exception):
    """The server said that it had done something else than was asked: rows are missing where the writer writes."""


class Operation(Protocol):
    """What one transaction does."""

    @property
    def company(self) -> int | None:
        """The company in whose database it is done; None: in the monolith, whoever has moved."""

    def execute(self, connection: Connection) -> Change:
        """Runs its statements in the transaction that is open; returns what to enter when it is acknowledged.

        Raises:
            WrongAnswer: a statement changed more or fewer rows than the writer has.
        """


def write(connection: Connection, statement: str, values: Sequence[Any], rows: int) -> list[tuple[Any, ...]]:
    """Runs a statement that must change so many rows; returns what it returns."""
    cursor = connection.execute(statement.encode(), values)
    if cursor.rowcount != rows:
        raise WrongAnswer(f"{cursor.rowcount} rows instead of {rows}: {statement}")
    return cursor.fetchall() if cursor.description else []


@dataclass(frozen=True)
class PlaceOrder:
    """A new order with its lines and notes; where `counter` is set, it raises its company's counter before or after."""

    company: int
    total: Decimal
    counter: str = ""  # "first", "last"

    def execute(self, connection: Connection) -> Change:
        placed_at = datetime.now(UTC)
        if self.counter == "first":
            self._count(connection)
        [(order_id,)] = write(
            connection,
            "INSERT INTO orders (company_id, stamp, total, placed_at) VALUES (%s, 1, %s, %s) RETURNING id",
            [self.company, self.total, placed_at],
            1,
        )
        lines = write(
            connection,
            "INSERT INTO lines (order_id, position, quantity) SELECT %s, n, n FROM generate_series(1, %s) n "
            "RETURNING id, position",
            [order_id, LINES],
            LINES,
        )
        notes = write(
            connection,
            "INSERT INTO notes (body, line_id) SELECT %s, n FROM unnest(%s::bigint[]) n RETURNING id, line_id",
            [_NOTE, [line_id for line_id, _ in lines]],
            LINES,
        )
        if self.counter == "last":
            self._count(connection)
        noted = {line_id: note_id for note_id, line_id in notes}
        order = Order(
            order_id,
            self.company,
            1,
            self.total,
            placed_at,
            tuple(Line(line_id, position, position, noted[line_id], _NOTE) for line_id, position in lines),
        )
        counted = self.company if self.counter else None
        rows = 1 + 2 * LINES + bool(self.counter)
        return Change(Witness("orders", order_id, "stamp", None, 1), put=(order,), rows=rows, counted=counted)

    def _count(self, connection: Connection) -> None:
        statement = "UPDATE counters SET value = value + 1 WHERE company_id = %s AND name = 'orders'"
        write(connection, statement, [self.company], 1)


@dataclass(frozen=True)
class ReviseOrder:
    """Order, lines and notes change their values."""

    order: Order

    @property
    def company(self) -> int:
        return self.order.company

    def execute(self, connection: Connection) -> Change:
        old, body = self.order, f"revision {self.order.stamp}, « déjà vu »: {_NOTE}"
        new = replace(
            _stamped(old),
            total=old.total + 1,
            lines=tuple(replace(line, quantity=line.quantity + 1, note=body) for line in old.lines),
        )
        count = len(old.lines)
        write(connection, "UPDATE orders SET stamp = stamp + 1, total = %s WHERE id = %s", [new.total, old.id], 1)
        write(connection, "UPDATE lines SET quantity = quantity + 1 WHERE order_id = %s", [old.id], count)
        keys = [line.note_id for line in old.lines]
        write(connection, "UPDATE notes SET body = %s WHERE id = ANY(%s::bigint[])", [body, keys], count)
        return Change(_stamp(old), put=(new,), rows=1 + 2 * count)


@dataclass(frozen=True)
class CancelOrder:
    """An order goes; its lines and notes go with it, by their foreign keys."""

    order: Order

    @property
    def company(self) -> int:
        return self.order.company

    def execute(self, connection: Connection) -> Change:
        write(connection, "DELETE FROM orders WHERE id = %s", [self.order.id], 1)
        witness = Witness("orders", self.order.id, "stamp", self.order.stamp, None)
        return Change(witness, gone=(self.order,), rows=1 + 2 * len(self.order.lines))


@dataclass(frozen=True)
class SwapLines:
    """The first and the last line of an order exchange their positions, which are unique."""

    order: Order

    @property
    def company(self) -> int:
        return self.order.company

    def execute(self, connection: Connection) -> Change:
        first, *others, last = self.order.lines
        for line, position in ((first, -1), (last, first.position), (first, last.position)):
            write(connection, "UPDATE lines SET position = %s WHERE id = %s", [position, line.id], 1)
        write(connection, "UPDATE orders SET stamp = stamp + 1 WHERE id = %s", [self.order.id], 1)
        swapped = (replace(first, position=last.position), *others, replace(last, position=first.position))
        return Change(_stamp(self.order), put=(replace(_stamped(self.order), lines=swapped),), rows=4)


@dataclass(frozen=True)
class ReplaceLine:
    """A line goes with its note, and another one takes its unique position."""

    order: Order

    @property
    def company(self) -> int:
        return self.order.company

    def execute(self, connection: Connection) -> Change:
        *kept, old = self.order.lines
        write(connection, "DELETE FROM lines WHERE id = %s", [old.id], 1)
        [(line_id,)] = write(
            connection,
            "INSERT INTO lines (order_id, position, quantity) VALUES (%s, %s, 100) RETURNING id",
            [self.order.id, old.position],
            1,
        )
        statement = "INSERT INTO notes (line_id, body) VALUES (%s, 'instead') RETURNING id"
        [(note_id,)] = write(connection, statement, [line_id], 1)
        write(connection, "UPDATE orders SET stamp = stamp + 1 WHERE id = %s", [self.order.id], 1)
        line = Line(line_id, old.position, 100, note_id, "instead")
        return Change(_stamp(self.order), put=(replace(_stamped(self.order), lines=(line, *kept)),), rows=5)


@dataclass(frozen=True)
class MoveOrder:
    """An order becomes another company's; its lines and notes are not written, and yet they move with it."""

    order: Order
    to: int

    @property
    def company(self) -> int:
        return self.order.company

    def execute(self, connection: Connection) -> Change:
        statement = "UPDATE orders SET company_id = %s, stamp = stamp + 1 WHERE id = %s"
        write(connection, statement, [self.to, self.order.id], 1)
        return Change(_stamp(self.order), put=(replace(_stamped(self.order), company=self.to),), gone=(self.order,))


@dataclass(frozen=True)
class ReviseMany:
    """One statement over the lines of many orders."""

    orders: tuple[Order, ...]

    @property
    def company(self) -> int:
        return self.orders[0].company

    def execute(self, connection: Connection) -> Change:
        keys = [order.id for order in self.orders]
        count = sum(len(order.lines) for order in self.orders)
        statement = "UPDATE lines SET quantity = quantity + 1 WHERE order_id = ANY(%s::bigint[])"
        write(connection, statement, [keys], count)
        statement = "UPDATE orders SET stamp = stamp + 1 WHERE id = ANY(%s::bigint[])"
        write(connection, statement, [keys], len(keys))
        new = tuple(
            replace(_stamped(order), lines=tuple(replace(line, quantity=line.quantity + 1) for line in order.lines))
            for order in self.orders
        )
        return Change(_stamp(self.orders[0]), put=new, rows=count + len(keys))


@dataclass(frozen=True)
class OpenAccount:
    """A new customer; in the place of `instead`, whose e-mail it takes over in the same transaction."""

    company: int
    email: str
    instead: Customer | None = None

    def execute(self, connection: Connection) -> Change:
        gone: tuple[Customer, ...] = ()
        if self.instead is not None:
            gone = (self.instead,)
            write(connection, "DELETE FROM customers WHERE id = %s", [self.instead.id], 1)
        credit = Decimal("10.50")
        [(key,)] = write(
            connection,
            "INSERT INTO customers (company_id, email, credit) VALUES (%s, %s, %s) RETURNING id",
            [self.company, self.email, credit],
            1,
        )
        new = Customer(key, self.company, self.email, credit)
        return Change(Witness("customers", key, "email", None, self.email), put=(new,), gone=gone, rows=1 + len(gone))


@dataclass(frozen=True)
class AddSetting:
    """A new setting, of a company or of all."""

    company: int | None
    name: str

    def execute(self, connection: Connection) -> Change:
        statement = "INSERT INTO settings (company_id, name, value) VALUES (%s, %s, 1) RETURNING id"
        [(key,)] = write(connection, statement, [self.company, self.name], 1)
        return Change(Witness("settings", key, "value", None, 1), put=(Setting(key, self.company, self.name, 1),))


@dataclass(frozen=True)
class ChangeSetting:
    """A setting gets another value, and, where `to` differs from its company, another company."""

    setting: Setting
    to: int | None

    @property
    def company(self) -> int | None:
        return self.setting.company

    def execute(self, connection: Connection) -> Change:
        old = self.setting
        statement = "UPDATE settings SET value = value + 1, company_id = %s WHERE id = %s"
        write(connection, statement, [self.to, old.id], 1)
        new = replace(old, value=old.value + 1, company=self.to)
        return Change(Witness("settings", old.id, "value", old.value, new.value), put=(new,), gone=(old,))


@dataclass(frozen=True)
class SignUp:
    """A new user."""

    email: str
    company: None = None

    def execute(self, connection: Connection) -> Change:
        [(key,)] = write(connection, "INSERT INTO users (email, logins) VALUES (%s, 0) RETURNING id", [self.email], 1)
        return Change(Witness("users", key, "logins", None, 0), put=(User(key, self.email, 0),))


@dataclass(frozen=True)
class SignIn:
    """A user signs in once more."""

    user: User
    company: None = None

    def execute(self, connection: Connection) -> Change:
        user = self.user
        write(connection, "UPDATE users SET logins = logins + 1 WHERE id = %s", [user.id], 1)
        new = replace(user, logins=user.logins + 1)
        return Change(Witness("users", user.id, "logins", user.logins, new.logins), put=(new,))


def involved(operation: Operation) -> frozenset[int]:
    """The companies whose rows the transaction writes: after a move it is two."""
    to = operation.to if isinstance(operation, MoveOrder | ChangeSetting) else None
    return frozenset(company for company in (operation.company, to) if company is not None)


def _stamp(order: Order) -> Witness:
    return Witness("orders", order.id, "stamp", order.stamp, order.stamp + 1)


def _stamped(order: Order) -> Order:
    return replace(order, stamp=order.stamp + 1)
