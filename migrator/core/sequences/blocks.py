"""Blocks of numbers: each target's sequence draws from a part of the number line that nobody else draws from.

Rows that applications insert into several databases then never share a number, so that all of them can go back into
the source. A block is reserved in the source's sequence, which goes on behind the last of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.core.plan.transfer import SequenceTransfer, Transfer
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.schema.catalog import Sequence as SequenceObject

# Numbers that a block has at least where there is room, and fewer than which are not worth a limit: a sequence that
# ends after a few rows is an outage, and numbers that meet on the way back are only conflicts.
WANTED_AT_LEAST = 1_000
FEWEST = 100
# More than anybody draws between a split and its end.
_MOST = 10**9
# Beyond it a number is not exact in JSON as most programs read it.
_EXACT = 2**53

LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


@dataclass(frozen=True, slots=True)
class SourceSequence:
    """Where a sequence of the source stands, and how far it can go.

    `low` and `high` are the numbers that it and all the columns that draw from it can hold; `beyond` are the nearest
    and the furthest number of those columns that it has not come to yet, None where there is none.
    """

    relation: Relation
    last_value: int
    is_called: bool
    increment: int = 1
    start: int = 1
    low: int = 1
    high: int = 2**63 - 1
    cycle: bool = False
    beyond: tuple[int, int] | None = None

    @property
    def given(self) -> int:
        """The number that its next one comes after."""
        return self.last_value if self.is_called else self.last_value - self.increment


@dataclass(frozen=True, slots=True)
class Draw:
    """A sequence of a target that gives numbers to rows which are at home there, in so many databases."""

    target: str
    sequence: SequenceObject
    sources: tuple[Relation, ...]
    databases: int


@dataclass(frozen=True, slots=True)
class Block:
    """The numbers of one sequence in one database, from `first` to `last`; falling sequences count downwards."""

    sequence: Relation
    first: int
    last: int

    def holds(self, value: int) -> bool:
        """Whether the number is one of the block's."""
        return min(self.first, self.last) <= value <= max(self.first, self.last)

    @property
    def rising(self) -> bool:
        return self.last >= self.first


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of one target sequence, one beside the other, a database each.

    `span` leads from a block's first number to the next one's, `step` from a number to the next; both are negative
    where the sequence falls. `bound` is the sequence's own limit, which holds again once the blocks are lifted.
    """

    target: str
    sequence: Relation
    sources: tuple[Relation, ...]
    first: int
    span: int
    step: int
    bound: int

    def of(self, place: int) -> Block:
        """The block of the database at that place among the target's databases."""
        first = self.first + place * self.span
        return Block(self.sequence, first, first + self.span - self.step)

    @property
    def numbers(self) -> int:
        """How many numbers each block has, counted in the steps of the source."""
        return self.span // self.step

    def to_document(self) -> dict[str, Any]:
        """The blocks as JSON-ready data."""
        return {
            "target": self.target,
            "sequence": list(self.sequence),
            "sources": [list(one) for one in self.sources],
            "first": self.first,
            "span": self.span,
            "step": self.step,
            "bound": self.bound,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Blocks:
        """The blocks that `to_document` wrote."""
        return cls(
            document["target"],
            Relation(*document["sequence"]),
            tuple(Relation(*one) for one in document["sources"]),
            document["first"],
            document["span"],
            document["step"],
            document["bound"],
        )


@dataclass(frozen=True, slots=True)
class Reservation:
    """Blocks, the next number of each source sequence behind them, and the target sequences that get none, with why."""

    blocks: tuple[Blocks, ...]
    behind: Mapping[Relation, int]
    without: tuple[tuple[Draw, str], ...]


def draws(
    target: str, catalog: Catalog, transfers: Iterable[Transfer], sequences: Iterable[SequenceTransfer], databases: int
) -> tuple[Draw, ...]:
    """The sequences of a target that give numbers to rows which are at home there.

    One whose tables are all replicas gives none: a row that is made in a replica is nobody's.
    """
    by_place: dict[Relation, list[Transfer]] = {}
    for one in transfers:
        by_place.setdefault(one.destination, []).append(one)
    drawing = []
    for item in sequences:
        sequence = catalog.sequences[item.sequence]
        fed = [one for relation, _ in sequence.used_by for one in by_place.get(relation, ())]
        at_home = [one for one in fed if not one.is_replica or one.unowned_only]
        others = any(relation not in by_place for relation, _ in sequence.used_by)
        if at_home or others or not sequence.used_by:
            drawing.append(Draw(target, sequence, item.sources, databases))
    return tuple(drawing)


def limits(sequence: SequenceObject, types: Mapping[tuple[Relation, str], str]) -> tuple[int, int]:
    """The lowest and highest number that a sequence and all its columns can hold.

    `types` are the columns' types, domains resolved; columns of other types set no limit.
    """
    low, high = sequence.minimum, sequence.maximum
    for place in sequence.used_by:
        largest = LARGEST.get(types.get(place, ""))
        if largest is not None:
            low, high = max(low, -largest - 1), min(high, largest)
    return low, high


def reserve(sources: Mapping[Relation, SourceSequence], wanted: Sequence[Draw]) -> Reservation:
    """Blocks for every target sequence: disjoint, in the source's steps, behind all that was ever given or used.

    A block has as many numbers as the source's sequence has given in its life, at least 1,000, and all
    blocks together take half of what is left at most. Source sequences that feed one target sequence are counted
    together.
    """
    blocks: list[Blocks] = []
    behind: dict[Relation, int] = {}
    without: list[tuple[Draw, str]] = []
    for members, drawing in _groups(sources, wanted):
        line = _line(members, drawing)
        if isinstance(line, str):
            without += [(one, line) for one in drawing]
            continue
        weight = sum(one.databases * line.weight(one.sequence) for one in drawing)
        size = line.size(weight)
        if size < FEWEST:
            why = f"{line.room:,} numbers are left for {weight:,} databases"
            without += [(one, why) for one in drawing]
            continue
        at = line.base + line.step
        for one in drawing:
            span = size * line.weight(one.sequence) * line.step
            sign = line.sign
            bound = one.sequence.maximum if sign > 0 else one.sequence.minimum
            blocks.append(
                Blocks(
                    one.target,
                    one.sequence.relation,
                    one.sources,
                    sign * at,
                    sign * span,
                    sign * line.step,
                    bound,
                )
            )
            at += one.databases * span
        for member in members:
            behind[member.relation] = line.sign * (at - line.step) + member.increment
    return Reservation(tuple(blocks), behind, tuple(without))


@dataclass(frozen=True, slots=True)
class _Line:
    """The part of the number line that blocks can be cut from, mirrored where the sequences fall."""

    sign: int
    step: int
    base: int  # the last number that is taken
    room: int  # steps behind it
    given: int  # steps from the start of the sequences to where they stand

    def weight(self, sequence: SequenceObject) -> int:
        """Steps of the line for each number of that sequence."""
        return -(-abs(sequence.increment) // self.step)

    def size(self, weight: int) -> int:
        """How many numbers a block has."""
        return min(_MOST, max(WANTED_AT_LEAST, self.given), self.room // 2 // weight)


def _line(members: Sequence[SourceSequence], drawing: Sequence[Draw]) -> _Line | str:
    """The line of some sequences, or why there is none."""
    if any(one.cycle for one in members) or any(one.sequence.cycle for one in drawing):
        return "it starts anew at its end, so its numbers come again anyway"
    signs = {one.increment > 0 for one in members} | {one.sequence.increment > 0 for one in drawing}
    if len(signs) > 1:
        return "source and target count in different directions"
    sign = 1 if signs.pop() else -1
    step = max(abs(one.increment) for one in members)
    given = max(
        *(sign * one.given for one in members),
        *(sign * one.sequence.start - abs(one.sequence.increment) for one in drawing),
    )
    ends = [(one.low, one.high) for one in members] + [(one.sequence.minimum, one.sequence.maximum) for one in drawing]
    limit = min(high if sign > 0 else -low for low, high in ends)
    if given < _EXACT < limit:
        limit = _EXACT
    life = max(0, given - min(sign * one.start for one in members)) // step
    far = [sign * number for one in members if one.beyond is not None for number in one.beyond]
    lines = [_Line(sign, step, given, max(0, min([limit, *(number - 1 for number in far)]) - given) // step, life)]
    if far and max(far) > given:
        lines.append(_Line(sign, step, max(far), max(0, limit - max(far)) // step, life))
    # Behind every number in use, unless one of these stands so far out that little is left behind it.
    return max(reversed(lines), key=lambda line: min(line.room, 2 * _MOST)) if len(lines) > 1 else lines[0]


def _groups(
    sources: Mapping[Relation, SourceSequence], wanted: Sequence[Draw]
) -> Iterable[tuple[list[SourceSequence], list[Draw]]]:
    """Target sequences that draw from a common number line, with the source sequences behind it."""
    leader: dict[Relation, Relation] = {}

    def head(source: Relation) -> Relation:
        while leader.setdefault(source, source) != source:
            source = leader[source]
        return source

    drawing = [one for one in wanted if one.databases and all(source in sources for source in one.sources)]
    for draw in drawing:
        for source in draw.sources[1:]:
            leader[head(source)] = head(draw.sources[0])
    groups: dict[Relation, tuple[list[SourceSequence], list[Draw]]] = {}
    for source in sorted({source for draw in drawing for source in draw.sources}):
        groups.setdefault(head(source), ([], []))[0].append(sources[source])
    for draw in drawing:
        groups[head(draw.sources[0])][1].append(draw)
    return groups.values()
