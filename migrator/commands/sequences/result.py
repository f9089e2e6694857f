"""What is left of the blocks of numbers, and what was refilled, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from migrator.commands.sequences.blocks import WithoutBlock
from migrator.commands.sequences.levels import Level, LimitedDatabase
from migrator.core.sequences.blocks import Block


@dataclass(frozen=True)
class SequenceLevels:
    """The level of every block; `run_id` is None where no run is open, and no sequence has a block then."""

    run_id: str | None
    levels: tuple[Level, ...] = ()
    without_block: tuple[WithoutBlock, ...] = ()

    @property
    def low(self) -> tuple[Level, ...]:
        """Those that have to be refilled, or whose new block is not in its database yet."""
        return tuple(one for one in self.levels if one.low or not one.applied)


class NewBlock(NamedTuple):
    """A block of numbers that a database got."""

    place: LimitedDatabase
    block: Block


class WithoutRoom(NamedTuple):
    """A sequence that has no room for another block."""

    sequence: str
    why: str


@dataclass(frozen=True)
class Refilled:
    """The new blocks of numbers by database, and the sequences that have no room for another one."""

    run_id: str
    looked_at: int  # blocks
    blocks: tuple[NewBlock, ...]
    without_room: tuple[WithoutRoom, ...]
