"""sequences: how much is left of the blocks of numbers, and new blocks where they run out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrator.commands.sequences.blocks import RunBlocks, record_refills, reserve_more, run_blocks, without_blocks
from migrator.commands.sequences.levels import Level, LimitedDatabase, limited_databases, read_levels
from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural
from migrator.core.schema.catalog import Relation
from migrator.core.sequences.blocks import Block, Draw, SourceSequence, reserve
from migrator.errors import RefusedError
from migrator.journal import Run
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.schema.sequence_states import set_blocks
from migrator.postgres.session.connect import session

_MOST_SHOWN = 50  # --output json has all


def sequences(workspace: Workspace, *, refill: bool = False, tenant: str | None = None) -> Outcome:
    """What is left of each block of the open run; with `refill` low ones are replaced. Exit code 1 where some are low.

    `tenant` is a key, or the name of a database: only that one is looked at.

    Raises:
        RefusedError: no run is open, the tenant is unknown, or the fence does not stand that keeps the numbers apart.
    """
    run = workspace.journal.current_run(workspace.source_id) if workspace.has_journal() else None
    if run is None:
        return Outcome("sequences", "nothing-to-do", headline="No run is open: no sequence has a block of numbers.")
    blocks = run_blocks(workspace.journal, run.id)
    places = limited_databases(workspace, run, blocks)
    if tenant is not None:
        places = [one for one in places if tenant in (one.tenant, one.database)]
        if not places:
            raise RefusedError(f"No database of run {run.id} is {tenant}'s.", "Name the tenant's key or its database.")
    if not refill:
        return _report(workspace, run, read_levels(workspace, blocks, places))
    with workspace.stage("sequences") as (run, summary):
        outcome = _refill(workspace, run, blocks, places)
        summary.update(outcome.summary)
        if outcome.exit_code:
            summary["status"] = "findings"
        return outcome


def _report(workspace: Workspace, run: Run, levels: Sequence[Level]) -> Outcome:
    low = [one for one in levels if one.low or not one.applied]
    rest = [one for one in levels if one not in low]
    ordered = [*sorted(low, key=_share_left), *sorted(rest, key=_share_left)]
    without = without_blocks(workspace.journal, run.id)
    sections = [
        Section(
            "Blocks, the fullest first",
            _COLUMNS,
            tuple(map(_row, ordered[:_MOST_SHOWN])),
            tone="bad" if low else "plain",
        )
    ]
    if without:
        text = (
            "They go on where the source stood: several databases may give the same number, a conflict on the way back."
        )
        listed = tuple((target, str(name), why) for target, name, why in without)
        sections.append(Section("Sequences without a block", ("target", "sequence", "why"), listed, text, "warning"))
    return Outcome(
        "sequences",
        "findings" if low else "done",
        1 if low else 0,
        run.id,
        f"{plural(len(low), 'block')} of numbers of {len(levels)} run out."
        if low
        else f"{plural(len(levels), 'block')} of numbers have enough left.",
        {"blocks": len(levels), "low": len(low), "without_block": len(without)},
        tuple(sections),
        data={"blocks": [dict(zip(_COLUMNS, _row(one), strict=True)) for one in ordered]},
        next=("migrator sequences refill",) if low else ("migrator status",),
    )


_COLUMNS = ("database", "sequence", "stands at", "first", "last", "left")


def _share_left(level: Level) -> float:
    return level.left / level.numbers


def _row(level: Level) -> tuple[str, str, int, int, int, int]:
    return (
        level.place.database,
        str(level.sequence.relation),
        level.stands,
        level.block.first,
        level.block.last,
        level.left,
    )


def _refill(workspace: Workspace, run: Run, blocks: RunBlocks, places: Sequence[LimitedDatabase]) -> Outcome:
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
    figures = {"blocks": len(levels), "refilled": len(pending) + len(new), "without_room": len(refused)}
    sections = []
    if by_place:
        rows = tuple(
            (place.database, str(one.sequence), one.first, one.last)
            for place, found in by_place.items()
            for one in found
        )
        sections.append(Section("New blocks", ("database", "sequence", "first", "last"), rows[:_MOST_SHOWN]))
    if refused:
        text = "Widen column and sequence to bigint, in the source and in the targets' trees, or finish the run."
        sections.append(Section("No room for another block", ("sequence", "why"), tuple(refused), text, "bad"))
    return Outcome(
        "sequences",
        "findings" if refused else "done" if by_place else "nothing-to-do",
        1 if refused else 0,
        run.id,
        f"{plural(len(pending) + len(new), 'block')} of numbers refilled."
        if by_place
        else "No block of numbers runs out.",
        figures,
        tuple(sections),
        next=("migrator sequences", "migrator status"),
    )


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
