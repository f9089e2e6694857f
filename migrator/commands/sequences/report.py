"""Presents what is left of the blocks of numbers, and what was refilled."""

from __future__ import annotations

from migrator.commands.sequences.levels import Level
from migrator.commands.sequences.result import Refilled, SequenceLevels
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural

_MOST_SHOWN = 50  # --output json has all
_COLUMNS = ("database", "sequence", "stands at", "first", "last", "left")


def present(result: SequenceLevels | Refilled) -> Outcome:
    """The blocks, or the new ones; exit code 1 where some run out, or have no room."""
    if isinstance(result, Refilled):
        return _refilled(result)
    if result.run_id is None:
        return Outcome("sequences", "nothing-to-do", headline="No run is open: no sequence has a block of numbers.")
    return _levels(result)


def _levels(result: SequenceLevels) -> Outcome:
    levels, low, without = result.levels, result.low, result.without_block
    rest = [one for one in levels if one not in low]
    ordered = [*sorted(low, key=_share_left), *sorted(rest, key=_share_left)]
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
        result.run_id,
        f"{plural(len(low), 'block')} of numbers of {len(levels)} run out."
        if low
        else f"{plural(len(levels), 'block')} of numbers have enough left.",
        {"blocks": len(levels), "low": len(low), "without_block": len(without)},
        tuple(sections),
        data={"blocks": [dict(zip(_COLUMNS, _row(one), strict=True)) for one in ordered]},
        next=("migrator sequences refill",) if low else ("migrator status",),
    )


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


def _refilled(result: Refilled) -> Outcome:
    blocks, refused = result.blocks, result.without_room
    sections = []
    if blocks:
        rows = tuple((place.database, str(one.sequence), one.first, one.last) for place, one in blocks)
        sections.append(Section("New blocks", ("database", "sequence", "first", "last"), rows[:_MOST_SHOWN]))
    if refused:
        text = "Widen column and sequence to bigint, in the source and in the targets' trees, or finish the run."
        sections.append(Section("No room for another block", ("sequence", "why"), refused, text, "bad"))
    return Outcome(
        "sequences",
        "findings" if refused else "done" if blocks else "nothing-to-do",
        1 if refused else 0,
        result.run_id,
        f"{plural(len(blocks), 'block')} of numbers refilled." if blocks else "No block of numbers runs out.",
        {"blocks": result.looked_at, "refilled": len(blocks), "without_room": len(refused)},
        tuple(sections),
        next=("migrator sequences", "migrator status"),
    )
