"""What a writer does next: companies by Zipf, kinds of transactions by fixed shares."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from benchmarks.online.operations import (
    AddSetting,
    CancelOrder,
    ChangeSetting,
    MoveOrder,
    OpenAccount,
    Operation,
    PlaceOrder,
    ReplaceLine,
    ReviseMany,
    ReviseOrder,
    SignIn,
    SignUp,
    SwapLines,
)
from benchmarks.online.rows import Book, Customer, Order, Setting, User

# Orders that a writer has of one company, about: below it more are placed than cancelled.
_ORDERS = 12
_SETTINGS = 3
_USERS = 20
# Of a bulk statement.
_MANY = 40


@dataclass(frozen=True)
class Mix:
    """The shares of what is not the same in every load; the rest is in `Workload.next`."""

    zipf: float = 1.0
    counted: float = 0.15  # of new orders: those that want their company's counter
    elsewhere: float = 0.04  # of transactions: on rows that are no company's
    bulk: float = 0.005
    repeatable: float = 0.3
    savepoints: float = 0.1
    between: bool = True  # whether orders become another company's


class Workload:
    """Draws the transactions of one writer from its book."""

    def __init__(self, writer: int, companies: int, mix: Mix, draw: random.Random) -> None:
        self._writer = writer
        self._companies = range(1, companies + 1)
        self._weights = list(accumulate(1 / rank**mix.zipf for rank in self._companies))
        self._mix = mix
        self._draw = draw
        self._names = 0

    def company(self) -> int | None:
        """The company of the next transaction; None: none."""
        if self._draw.random() < self._mix.elsewhere:
            return None
        return self._draw.choices(self._companies, cum_weights=self._weights)[0]

    def next(self, company: int | None, book: Book, beside: Callable[[int], bool]) -> Operation:
        """A transaction of that company; `beside` says of a company whether its rows are in the same database."""
        if company is None:
            return self._elsewhere(book, beside)
        orders = book.of(Order, company)
        share = self._draw.random()
        if not orders or share < (0.4 if len(orders) < _ORDERS else 0.12):
            counter = self._draw.choice(("first", "last")) if self._draw.random() < self._mix.counted else ""
            return PlaceOrder(company, Decimal(self._draw.randrange(1_000_000)) / 100, counter)
        if self._draw.random() < self._mix.bulk:
            return ReviseMany(tuple(orders[:_MANY]))
        order = self._draw.choice(orders)
        if share < 0.65:
            return ReviseOrder(order)
        if share < 0.73:
            return CancelOrder(order)
        if share < 0.80:
            return SwapLines(order)
        if share < 0.87:
            return ReplaceLine(order)
        if share < 0.92 and self._mix.between and (others := self._others(company, beside)):
            return MoveOrder(order, self._draw.choice(others))
        if share < 0.96:
            return self._account(company, book.of(Customer, company))
        return self._setting(company, book.of(Setting, company))

    def _others(self, company: int, beside: Callable[[int], bool]) -> Sequence[int]:
        drawn = self._draw.choices(self._companies, cum_weights=self._weights, k=3)
        return [other for other in drawn if other != company and beside(other)]

    def _account(self, company: int, customers: Sequence[Customer]) -> Operation:
        if len(customers) < _SETTINGS:
            return OpenAccount(company, self._name("customer"))
        old = self._draw.choice(customers)
        return OpenAccount(company, old.email, old)

    def _setting(self, company: int | None, settings: Sequence[Setting]) -> Operation:
        if len(settings) < _SETTINGS:
            return AddSetting(company, self._name("setting"))
        return ChangeSetting(self._draw.choice(settings), company)

    def _elsewhere(self, book: Book, beside: Callable[[int], bool]) -> Operation:
        settings = book.of(Setting, None)
        share = self._draw.random()
        if share < 0.2:
            return self._setting(None, settings)
        if share < 0.25 and settings and (others := self._others(0, beside)):
            return ChangeSetting(self._draw.choice(settings), self._draw.choice(others))
        users = book.of(User, None)
        return SignUp(self._name("user")) if len(users) < _USERS else SignIn(self._draw.choice(users))

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}-{self._writer}-{self._names}@example.org"
