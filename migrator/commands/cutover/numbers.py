"""Gives the sequences of databases that tenants move to blocks of numbers, which nobody else draws from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from migrator.commands.follow.followed_run import FollowedRun
from migrator.commands.sequences.blocks import all_draws, under_sequence_locks
from migrator.core.plan.steps import CreateDatabase
from migrator.core.run.facts import WAVE_BLOCKS
from migrator.core.schema.catalog import Relation
from migrator.core.sequences.blocks import Block, reserve
from migrator.postgres.schema.catalog import read_sequences
from migrator.postgres.schema.sequence_states import (
    lock_sequences,
    restart_sequences,
    set_blocks,
    source_sequences,
    states,
)
from migrator.postgres.session.connect import Connection, session


def reserve_numbers(followed: FollowedRun, steps: Iterable[CreateDatabase]) -> None:
    """Reserves a block of each of the source's sequences for each database, and lets the database's own draw from it.

    The source goes on behind the blocks. They are written down before it does; a database that has its blocks keeps
    them, whatever it has drawn: the numbers of rows that went back into the source are nobody else's.

    Raises:
        DatabaseError: somebody holds a sequence for longer than [limits] fence_patience, or a database failed.
    """
    known = blocks_of(followed)
    new = [step for step in steps if step.database not in known]
    if new:
        known = {**known, **_reserved(followed, new)}
    for step in steps:
        with session(followed.endpoint(step.database), purpose="sequences") as connection, connection.transaction():
            set_blocks(connection, _unused(connection, known[step.database]))


def blocks_of(followed: FollowedRun) -> Mapping[str, Sequence[Block]]:
    """The blocks that databases of the run have, by database."""
    recorded = followed.context.journal.recorded(WAVE_BLOCKS) or {}
    return {
        database: [Block(Relation(schema, name), first, last) for schema, name, first, last in blocks]
        for database, blocks in recorded.items()
    }


def _reserved(followed: FollowedRun, steps: Sequence[CreateDatabase]) -> Mapping[str, Sequence[Block]]:
    """New blocks for databases, by database."""
    context = followed.context
    places: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        places[step.target].append(step.database)
    wanted = all_draws({target: followed.resolved[target] for target in places}, places)
    blocks: dict[str, list[Block]] = {step.database: [] for step in steps}
    with session(context.workspace.source_rows, purpose="sequences") as connection:
        catalog = {one.relation: one for one in read_sequences(connection, context.settings.source.schemas)}
        used = [catalog[name] for name in sorted({name for draw in wanted for name in draw.sources}) if name in catalog]

        def reserve_all() -> None:
            lock_sequences(connection, used)
            reservation = reserve(source_sequences(connection, used), wanted)
            for reserved in reservation.blocks:
                for place, database in enumerate(places[reserved.target]):
                    blocks[database].append(reserved.of(place))
            for draw, why in reservation.without:
                context.progress.say(f"{draw.target}: {draw.sequence.relation} gets no block of numbers: {why}")
            recorded = context.journal.recorded(WAVE_BLOCKS) or {}
            new = {
                database: [(*block.sequence, block.first, block.last) for block in given]
                for database, given in blocks.items()
            }
            context.journal.record(WAVE_BLOCKS, {**recorded, **new})
            restart_sequences(connection, reservation.behind)

        under_sequence_locks(context.workspace, connection, used, reserve_all)
    return blocks


def _unused(connection: Connection, blocks: Sequence[Block]) -> list[Block]:
    """Those of the blocks that their sequences do not stand in yet."""
    standing = states(connection, [block.sequence for block in blocks])
    return [block for block in blocks if not block.holds(standing[block.sequence][0])]
