"""Numbers that applications drew in the targets: read before these are dropped, and given to nobody again."""

from __future__ import annotations

from migrator.commands.changes.way_back import LaterWrites
from migrator.commands.rollback.findings import Findings
from migrator.commands.sequences.blocks import drawn_numbers, put_back, record_drawn, record_positions, run_blocks
from migrator.commands.shared.workspace import RunContext
from migrator.core.schema.catalog import Relation
from migrator.postgres.schema.catalog import read_sequences
from migrator.postgres.schema.sequences import set_sequences
from migrator.postgres.session.connect import READ_ONLY, Connection, session


def note_drawn_numbers(context: RunContext, findings: Findings, later: LaterWrites) -> None:
    """Writes down how far the targets have drawn, before they are dropped.

    The source goes on behind these numbers, unless they go with rows that are given up.
    """
    writes = findings.writes
    if writes is None:
        return
    blocks = run_blocks(context.journal)
    sources = {one.relation: one for one in writes.survey.catalog.sequences.values()}
    drawn: dict[Relation, int] = {}
    stands: dict[str, dict[Relation, int]] = {}
    for server, database, mark in writes.finished:
        with session(context.server(server).at(database), purpose="rollback", settings=READ_ONLY) as target:
            there = {one.relation: one.last_value for one in read_sequences(target) if one.last_value is not None}
        limited = blocks.of(mark.target, database)
        stands[database] = {name: value for name, value in there.items() if name in limited}
        for transfer in writes.resolved[mark.target].sequences:
            value = there.get(transfer.sequence)
            # Without a block it stands where migrate put it: only where something was written has it been drawn from.
            if value is None or (transfer.sequence not in limited and not findings.written):
                continue
            for name in transfer.sources:
                # One that starts anew at its end has no furthest number.
                if name in sources and not sources[name].cycle:
                    further = max if sources[name].increment > 0 else min
                    drawn[name] = further(value, drawn.get(name, value))
    record_positions(context.journal, stands)
    if not later.discard:
        record_drawn(context.journal, drawn, sources)


def put_sequences_back(context: RunContext, connection: Connection) -> None:
    """Sets the source's sequences to where they stood before the split, or behind what the targets have drawn."""
    put_back(context, connection)
    standing = {one.relation: one for one in read_sequences(connection, context.settings.source.schemas)}
    low = []
    for name, value in drawn_numbers(context.journal).items():
        if (one := standing.get(name)) is None:
            continue
        sign = 1 if one.increment > 0 else -1
        if (one.last_value is None or sign * value > sign * one.last_value) and one.minimum <= value <= one.maximum:
            low.append((name, value))
    set_sequences(connection, low)
