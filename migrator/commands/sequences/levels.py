"""How much of their blocks databases have used, read from the databases themselves."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.commands.sequences.blocks import RunBlocks
from migrator.commands.shared.run_tenants import recorded_servers
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.schema.catalog import Sequence as SequenceObject
from migrator.core.sequences.blocks import Block
from migrator.postgres.schema.catalog import read_sequences
from migrator.postgres.schema.sequence_states import states
from migrator.postgres.session.connect import READ_ONLY, session

if TYPE_CHECKING:
    pass

# A block of which less is left is refilled, and spoken of.
_LOW = 0.25


@dataclass(frozen=True, slots=True)
class LimitedDatabase:
    """A target database whose sequences have blocks."""

    server: str
    database: str
    target: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Level:
    """One sequence of one database: its block, and how many numbers of it are left."""

    place: LimitedDatabase
    sequence: SequenceObject
    block: Block
    stands: int  # the number that the next one comes after
    left: int

    @property
    def numbers(self) -> int:
        """How many numbers the block has."""
        return abs(self.block.last - self.block.first) // abs(self.sequence.increment) + 1

    @property
    def low(self) -> bool:
        return self.left < _LOW * self.numbers

    @property
    def applied(self) -> bool:
        """Whether the database's sequence ends where the block does."""
        bound = self.sequence.maximum if self.sequence.increment > 0 else self.sequence.minimum
        return bound == self.block.last


def limited_databases(context: RunContext, blocks: RunBlocks) -> list[LimitedDatabase]:
    """The databases of a run that stand, where each is by the journal and the configuration."""
    servers = recorded_servers(context.journal)
    targets = context.settings.targets
    places = []
    for one in context.journal.artefacts("database"):
        if one.state != "created" or one.name not in blocks.places or one.tenant is None:
            continue
        if one.target is None or one.target not in targets:
            continue
        server = servers.get(one.tenant) or targets[one.target].server
        places.append(LimitedDatabase(server, one.name, one.target, one.tenant))
    return places


def read_levels(workspace: Workspace, blocks: RunBlocks, places: Sequence[LimitedDatabase]) -> list[Level]:
    """The level of every sequence with a block in these databases."""
    with ThreadPoolExecutor(workspace.settings.limits.target_jobs_of(1)) as pool:
        return [level for found in pool.map(lambda place: _levels(workspace, blocks, place), places) for level in found]


def _levels(workspace: Workspace, blocks: RunBlocks, place: LimitedDatabase) -> list[Level]:
    limited = blocks.of(place.target, place.database)
    if not limited:
        return []
    with session(
        workspace.server(place.server).at(place.database), purpose="sequences", settings=READ_ONLY
    ) as connection:
        there = {one.relation: one for one in read_sequences(connection) if one.relation in limited}
        standing = states(connection, there)
    levels = []
    for name, (last, called) in standing.items():
        sequence, block = there[name], limited[name]
        stands = last if called else last - sequence.increment
        left = max(0, (block.last - stands) // sequence.increment)
        levels.append(Level(place, sequence, block, stands, left))
    return levels
