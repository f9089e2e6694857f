"""sequences: how much is left of the blocks of numbers, and new blocks where they run out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrator.commands.sequences.blocks import RunBlocks, record_refills, reserve_more, run_blocks, without_blocks
from migrator.commands.sequences.levels import Level, LimitedDatabase, limited_databases, read_levels
from migrator.commands.sequences.report import present
from migrator.commands.sequences.result import Refilled, SequenceLevels
from migrator.commands.shared.tenant_named import of_tenant
from migrator.commands.shared.workspace import Workspace
from migrator.core.schema.catalog import Relation
from migrator.core.sequences.blocks import Block, Draw, SourceSequence, reserve
from migrator.errors import RefusedError
from migrator.journal import Run
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.schema.sequence_states import set_blocks
from migrator.postgres.session.connect import session


def sequences(workspace: Workspace, *, refill: bool = False, tenant: str | None = None) -> SequenceLevels | Refilled:
    """What is left of each block of the open run; with `refill` low ones are replaced.

    `tenant` is a key, a slug, or the name of a database: only that one is looked at.

    Raises:
        RefusedError: no run is open, the tenant is unknown, or the fence does not stand that keeps the numbers apart.
    """
    run = workspace.journal.current_run(workspace.source_id) if workspace.has_journal() else None
    if run is None:
        return SequenceLevels(None)
    blocks = run_blocks(workspace.journal, run.id)
    places = limited_databases(workspace, run, blocks)
    if tenant is not None:
        places = of_tenant(workspace, run.id, tenant, places, lambda place: (place.tenant, place.database))
    if not refill:
        levels = tuple(read_levels(workspace, blocks, places))
        return SequenceLevels(run.id, levels, tuple(without_blocks(workspace.journal, run.id)))
    with workspace.stage("sequences") as (run, summary):
        result = _refill(workspace, run, blocks, places)
        summary.update(present(result).recorded)
        return result


def _refill(workspace: Workspace, run: Run, blocks: RunBlocks, places: Sequence[LimitedDatabase]) -> Refilled:
    with workspace.read_source("sequences") as connection:
        fence = read_fence(connection)
    if fence is None or fence.run != run.id:
        raise RefusedError(
            f"The source is not fenced by run {run.id}, so its numbers are not kept apart from those of the targets.",
            "See what is so: migrator status.",
        )
    levels = read_levels(workspace, blocks, places)
    wanted = [one for one in levels if one.low and one.applied]
    new, refused = _reserved(workspace, run, blocks, wanted)
    # Those too that an attempt before has reserved and not handed over.
    pending = [(one.place, one.block) for one in levels if not one.applied and not one.block.holds(one.stands)]
    by_place: dict[LimitedDatabase, list[Block]] = defaultdict(list)
    for place, block in (*pending, *new):
        by_place[place].append(block)
    for place, found in by_place.items():
        with session(workspace.server(place.server).at(place.database), purpose="sequences") as connection:
            set_blocks(connection, found)
    made = tuple((place, block) for place, found in by_place.items() for block in found)
    return Refilled(run.id, len(levels), made, tuple(refused))


def _reserved(
    workspace: Workspace, run: Run, blocks: RunBlocks, wanted: Sequence[Level]
) -> tuple[list[tuple[LimitedDatabase, Block]], list[tuple[str, str]]]:
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
    new: list[tuple[LimitedDatabase, Block]] = []
    refused: list[tuple[str, str]] = []

    def decide(standing: Mapping[Relation, SourceSequence]) -> Mapping[Relation, int]:
        reservation = reserve(standing, draws)
        new.clear()
        for one in reservation.blocks:
            for place, level in enumerate(groups[one.target, one.sequence]):
                new.append((level.place, one.of(place)))
        refused[:] = [(str(draw.sequence.relation), why) for draw, why in reservation.without]
        record_refills(workspace.journal, run.id, blocks, [(place.database, block) for place, block in new])
        return reservation.behind

    reserve_more(workspace, {source for draw in draws for source in draw.sources}, decide)
    return new, refused
