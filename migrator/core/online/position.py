"""A position in a database's history: which of its transactions a snapshot sees."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A snapshot, as PostgreSQL writes it (`xmin:xmax:xip`).

    Transactions before `xmin` have ended; those from `xmax` on had not begun; between the two, those of `running` had
    not ended. Numbers hold the epoch (they are 64 bits wide), so they do not wrap around. Two positions of one
    database need not be ordered by their numbers alone: a transaction that begins early may end late.
    """

    xmin: int
    xmax: int
    running: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Position:
        """Reads what `txid_current_snapshot()` gives, as text.

        Raises:
            ValueError: it is no snapshot.
        """
        if re.fullmatch(r"\d+:\d+:(\d+(,\d+)*)?", text) is None:
            raise ValueError(f"{text!r} is no snapshot")
        xmin, xmax, listed = text.split(":")
        position = cls(int(xmin), int(xmax), frozenset(int(number) for number in listed.split(",") if number))
        if not 0 < position.xmin <= position.xmax or any(
            not position.xmin <= number < position.xmax for number in position.running
        ):
            raise ValueError(f"{text!r} is no snapshot")
        return position

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, sorted(self.running)))}"

    def sees(self, transaction: int) -> bool:
        """Whether what the transaction did is visible, provided that it committed."""
        return transaction < self.xmin or (transaction < self.xmax and transaction not in self.running)

    def is_at_most(self, other: Position) -> bool:
        """Whether `other` sees all that this one sees: it is the same moment of the database, or a later one."""
        later = [number for number in self.running if number >= other.xmax]
        begun_later = max(0, self.xmax - other.xmax)
        return len(later) == begun_later and not any(self.sees(number) for number in other.running)
