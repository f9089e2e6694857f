"""Computes column widths: figures whole, names whole where possible, prose in what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from rich.cells import cell_len

# In the order in which they are given room: a folded name cannot be copied, folded prose can still be read, and of
# figures it is only the heading that is folded.
Kind = Literal["names", "prose", "figures"]

GAP = 2

# Below these a column is no longer read as one.
_NARROWEST = 12
_NARROWEST_PROSE = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """A column in terminal cells: what it needs to be unfolded, and the least that it can do with."""

    natural: int
    least: int
    kind: Kind

    @classmethod
    def of(cls, heading: str, cells: Sequence[str], figures: bool) -> Measured:
        """Measures a column. Figures are never folded, their heading is; cells with spaces are prose."""
        lines = [line for cell in cells for line in cell.split("\n")]
        widest = max((cell_len(line) for line in lines), default=0)
        natural = max(widest, cell_len(heading))
        if figures:
            return cls(natural, max(widest, *(cell_len(word) for word in heading.split())), "figures")
        if any(" " in line.strip() for line in lines):
            return cls(natural, min(natural, _NARROWEST_PROSE), "prose")
        return cls(natural, min(natural, _NARROWEST), "names")


def fitted(columns: Sequence[Measured], room: int) -> list[int] | None:
    """The width of each column within `room`, gaps included, or None where they do not fit side by side."""
    available = room - GAP * (len(columns) - 1)
    if sum(column.natural for column in columns) <= available:
        return [column.natural for column in columns]
    widths = [column.least for column in columns]
    spare = available - sum(widths)
    if spare < 0:
        return None
    for kind in get_args(Kind):
        spare -= _grow(widths, [at for at, column in enumerate(columns) if column.kind == kind], columns, spare)
    return widths


def _grow(widths: list[int], growing: list[int], columns: Sequence[Measured], spare: int) -> int:
    """Gives `spare` cells to the columns `growing`, the neediest last so that small needs are met whole."""
    given = 0
    waiting = sorted(growing, key=lambda at: columns[at].natural - widths[at])
    while waiting:
        at = waiting.pop(0)
        more = min(columns[at].natural - widths[at], (spare - given) // (len(waiting) + 1))
        widths[at] += more
        given += more
    return given
