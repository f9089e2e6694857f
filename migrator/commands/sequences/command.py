"""sequences: how much is left of the blocks of numbers, and new blocks where they run out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrator.commands.sequences.blocks import RunBlocks, record_refills, reserve_more, run_blocks, without_blocks
from migrator.commands.sequences.levels import Level, LimitedDatabase, limited_databases, read_levels
from migrator.commands.sequences.report import present
from migrator.commands.sequences.result import NewBlock, Refilled, SequenceLevels, WithoutRoom
from migrator.commands.shared.run_tenants import of_tenant
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.schema.catalog import Relation
from migrator.core.sequences.blocks import Block, Draw, SourceSequence, reserve
from migrator.errors import RefusedError
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.schema.sequence_states import set_blocks
from migrator.postgres.session.connect import session


def sequence_levels(workspace: Workspace, *, tenant: str | None = None) -> SequenceLevels:
    """What is left of each block of the open run.

    `tenant` is a key, a slug, or the name of a database: only that one is looked at.

    Raises:
        RefusedError: the tenant is unknown.
    """
    run = workspace.current_run()
    if run is None:
        return SequenceLevels(None)
    context = RunContext(workspace, run)
    blocks = run_blocks(context.journal)
    levels = tuple(read_levels(workspace, blocks, _places(context, blocks, tenant)))
    return SequenceLevels(run.id, levels, tuple(without_blocks(context.journal)))


def refill_sequences(workspace: Workspace, *, tenant: str | None = None) -> Refilled | SequenceLevels:
    """Replaces the low blocks of the open run, all or those of one tenant; the (empty) levels where none is open.

    Raises:
        RefusedError: the tenant is unknown, or the fence does not stand that keeps the numbers apart.
    """
    run = workspace.current_run()
    if run is None:
        return SequenceLevels(None)
    context = RunContext(workspace, run)
    blocks = run_blocks(context.journal)
    places = _places(context, blocks, tenant)
    with workspace.stage("sequences") as (context, summary):
        result = _refill(context, blocks, places)
        summary.update(present(result).recorded)
        return result


def _places(context: RunContext, blocks: RunBlocks, tenant: str | None) -> Sequence[LimitedDatabase]:
    places = limited_databases(context, blocks)
    if tenant is None:
        return places
    return of_tenant(context, tenant, places, lambda place: (place.tenant, place.database))


def _refill(context: RunContext, blocks: RunBlocks, places: Sequence[LimitedDatabase]) -> Refilled:
    with context.workspace.read_source("sequences") as connection:
        fence = read_fence(connection)
    if fence is None or fence.run != context.id:
        raise RefusedError(
            f"The source is not fenced by run {context.id}, so its numbers are not kept apart from those of the "
            "targets.",
            "See what is so: migrator status.",
        )
    levels = read_levels(context.workspace, blocks, places)
    wanted = [one for one in levels if one.low and one.applied]
    new, refused = _reserved(context, blocks, wanted)
    # Those too that an attempt before has reserved and not handed over.
    pending = [NewBlock(one.place, one.block) for one in levels if not one.applied and not one.block.holds(one.stands)]
    by_place: dict[LimitedDatabase, list[Block]] = defaultdict(list)
    for place, block in (*pending, *new):
        by_place[place].append(block)
    for place, found in by_place.items():
        with session(context.server(place.server).at(place.database), purpose="sequences") as connection:
            set_blocks(connection, found)
    made = tuple(NewBlock(place, block) for place, found in by_place.items() for block in found)
    return Refilled(context.id, len(levels), made, tuple(refused))


def _reserved(
    context: RunContext, blocks: RunBlocks, wanted: Sequence[Level]
) -> tuple[list[NewBlock], list[WithoutRoom]]:
    """New blocks for low ones, reserved in the source and written down; and the sequences that have no room."""
    if not wanted:
        return [], []
    known = {(one.target, one.sequence): one for one in blocks.blocks}
    groups: dict[tuple[str, Relation], list[Level]] = defaultdict(list)
    for one in wanted:
        groups[one.place.target, one.sequence.relation].append(one)
    draws = []
    for (target, name), found in groups.items():
        before = known[target, name]
        sequence = found[0].sequence
        # Its own limit, not that of the block.
        own = replace(sequence, maximum=before.bound) if before.step > 0 else replace(sequence, minimum=before.bound)
        draws.append(Draw(target, own, before.sources, len(found)))
    new: list[NewBlock] = []
    refused: list[WithoutRoom] = []

    def decide(standing: Mapping[Relation, SourceSequence]) -> Mapping[Relation, int]:
        reservation = reserve(standing, draws)
        new.clear()
        for one in reservation.blocks:
            for place, level in enumerate(groups[one.target, one.sequence]):
                new.append(NewBlock(level.place, one.of(place)))
        refused[:] = [WithoutRoom(str(draw.sequence.relation), why) for draw, why in reservation.without]
        record_refills(context.journal, blocks, [(place.database, block) for place, block in new])
        return reservation.behind

    reserve_more(context.workspace, {source for draw in draws for source in draw.sources}, decide)
    return new, refused
