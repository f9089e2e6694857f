"""The blocks of a run: reserved once in the source's sequences, kept in the journal, told by database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from migrator.commands.shared.transfers import Resolved
from migrator.core.run.facts import DRAWN_NUMBERS, REFILLED_BLOCKS, SEQUENCE_BLOCKS, SEQUENCE_POSITIONS, SequenceBlocks
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.schema.catalog import Sequence as SequenceObject
from migrator.core.sequences.blocks import Block, Blocks, Draw, SourceSequence, draws, reserve
from migrator.postgres.fence.locks import under_locks
from migrator.postgres.fence.reserved_sequences import put_back_sequences, reserve_numbers, reserved_sequences
from migrator.postgres.schema.catalog import read_sequences
from migrator.postgres.session.connect import Connection, session

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import RunContext, Workspace
    from migrator.journal import RunJournal

Decide = Callable[[Mapping[Relation, SourceSequence]], Mapping[Relation, int]]


@dataclass(frozen=True)
class RunBlocks:
    """The blocks of a run's databases; `refilled` are newer ones of single databases, by database and sequence."""

    epoch: str = ""
    blocks: tuple[Blocks, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)  # database -> its place among those of its target
    refilled: Mapping[str, Mapping[Relation, Block]] = field(default_factory=dict)

    def of(self, target: str, database: str) -> Mapping[Relation, Block]:
        """The blocks that hold in a database of that target now."""
        place = self.places.get(database)
        if place is None:
            return {}
        found = {one.sequence: one.of(place) for one in self.blocks if one.target == target}
        return {**found, **self.refilled.get(database, {})}

    def of_target(self, target: str) -> tuple[Blocks, ...]:
        """The blocks of all databases of a target."""
        return tuple(one for one in self.blocks if one.target == target)

    @property
    def sources(self) -> frozenset[Relation]:
        """The source sequences that numbers are reserved of."""
        return frozenset(source for one in self.blocks for source in one.sources)


def run_blocks(journal: RunJournal) -> RunBlocks:
    """The blocks of a run as the journal has them; none where it has none."""
    recorded = journal.recorded(SEQUENCE_BLOCKS)
    if recorded is None:
        return RunBlocks()
    refilled = {
        database: {one.sequence: one for one in map(_block, blocks)}
        for database, blocks in (journal.recorded(REFILLED_BLOCKS) or {}).items()
    }
    return RunBlocks(recorded.epoch, tuple(map(Blocks.from_document, recorded.blocks)), dict(recorded.places), refilled)


def _block(document: Any) -> Block:
    schema, name, first, last = document
    return Block(Relation(schema, name), first, last)


def record_refills(journal: RunJournal, blocks: RunBlocks, newer_blocks: Iterable[tuple[str, Block]]) -> None:
    """Keeps newer blocks, each with its database."""
    refilled = {database: dict(newer) for database, newer in blocks.refilled.items()}
    for database, block in newer_blocks:
        refilled.setdefault(database, {})[block.sequence] = block
    document = {
        name: [(*one.sequence, one.first, one.last) for one in newer.values()] for name, newer in refilled.items()
    }
    journal.record(REFILLED_BLOCKS, document)


def all_draws(resolved: Mapping[str, Resolved], databases: Mapping[str, Collection[str]]) -> tuple[Draw, ...]:
    """The sequences of all targets that give numbers to rows at home there; `databases` are each target's."""
    return tuple(
        draw
        for name, target in resolved.items()
        for draw in draws(name, target.catalog, target.transfers, target.sequences, len(databases[name]))
    )


def reserve_blocks(
    context: RunContext, epoch: str, resolved: Mapping[str, Resolved], databases: Mapping[str, list[str]]
) -> RunBlocks:
    """The blocks of this epoch: reserved in the fenced source, or those that an earlier attempt reserved.

    They are written into the journal before the source's sequences go on behind them; an attempt that died in between
    has given no number to anybody, and new ones are reserved.

    Raises:
        DatabaseError: somebody holds a sequence for longer than [limits] fence_patience.
    """
    known = run_blocks(context.journal)
    wanted = all_draws(resolved, databases)
    with session(context.workspace.source_rows, purpose="sequences") as connection:
        if known.epoch == epoch and (not known.blocks or known.sources <= reserved_sequences(connection).keys()):
            return known
        catalog = {one.relation: one for one in read_sequences(connection, context.settings.source.schemas)}
        used = [catalog[name] for name in sorted({name for one in wanted for name in one.sources}) if name in catalog]

        def decide(standing: Mapping[Relation, SourceSequence]) -> Mapping[Relation, int]:
            reservation = reserve(standing, wanted)
            places = {name: place for names in databases.values() for place, name in enumerate(names)}
            fact = SequenceBlocks(
                epoch,
                [one.to_document() for one in reservation.blocks],
                places,
                [(one.target, *one.sequence.relation, why) for one, why in reservation.without],
            )
            context.journal.record(REFILLED_BLOCKS, {})
            context.journal.record(SEQUENCE_BLOCKS, fact)
            return reservation.behind

        def work() -> None:
            # Of an epoch that is over, or of a journal that is lost.
            put_back_sequences(connection, catalog, {})
            reserve_numbers(connection, used, decide)

        under_sequence_locks(context.workspace, connection, used, work)
    return run_blocks(context.journal)


def reserve_more(workspace: Workspace, sources: Collection[Relation], decide: Decide) -> None:
    """Reserves further numbers of these source sequences; `decide` says which, and writes down what they are for.

    Raises:
        DatabaseError: somebody holds a sequence for longer than [limits] fence_patience.
    """
    with session(workspace.source_rows, purpose="sequences") as connection:
        catalog = read_sequences(connection, workspace.settings.source.schemas)
        used = [one for one in catalog if one.relation in sources]
        under_sequence_locks(workspace, connection, used, partial(reserve_numbers, connection, used, decide))


class WithoutBlock(NamedTuple):
    """A sequence that goes on where the source stood, and may give a number that others give."""

    target: str
    sequence: Relation
    why: str


def without_blocks(journal: RunJournal) -> tuple[WithoutBlock, ...]:
    """The sequences of a run that have no block of numbers."""
    recorded = journal.recorded(SEQUENCE_BLOCKS)
    without = recorded.without if recorded is not None else ()
    return tuple(WithoutBlock(target, Relation(schema, name), why) for target, schema, name, why in without)


def forget_blocks(journal: RunJournal) -> None:
    """The run has no blocks: its source is not fenced, so nothing of its targets can go back."""
    if journal.recorded(SEQUENCE_BLOCKS) is not None:
        journal.record(SEQUENCE_BLOCKS, None)


def put_back(context: RunContext, connection: Connection) -> None:
    """Sets the source's sequences back to where they stood before numbers were reserved.

    Those that targets have drawn from go on behind the furthest number that was drawn.
    """
    if not reserved_sequences(connection):
        return
    catalog = {one.relation: one for one in read_sequences(connection, context.settings.source.schemas)}
    drawn = drawn_numbers(context.journal)
    used = [catalog[name] for name in reserved_sequences(connection) if name in catalog]
    under_sequence_locks(context.workspace, connection, used, lambda: put_back_sequences(connection, catalog, drawn))


def under_sequence_locks(
    workspace: Workspace, connection: Connection, sequences: Iterable[SequenceObject], work: Callable[[], None]
) -> None:
    """Runs `work` in a transaction that can lock these sequences, in attempts as [limits] says."""
    names = [sequence.relation for sequence in sequences]
    under_locks(connection, Catalog("", 0, {}), (), work, workspace.lock_wait, sequences=names)


def drawn_numbers(journal: RunJournal) -> dict[Relation, int]:
    """The furthest number of each source sequence that targets have drawn and that is to be given to nobody else."""
    recorded = journal.recorded(DRAWN_NUMBERS)
    return {} if recorded is None else dict(recorded)


def record_drawn(
    journal: RunJournal, drawn: Mapping[Relation, int], sequences: Mapping[Relation, SequenceObject]
) -> None:
    """Keeps the furthest numbers, beside those that were kept before."""
    before = drawn_numbers(journal)
    merged = dict(before)
    for name, value in drawn.items():
        further = max if sequences[name].increment > 0 else min
        merged[name] = further(value, merged.get(name, value))
    if merged != before:
        journal.record(DRAWN_NUMBERS, merged)


def positions(journal: RunJournal) -> Mapping[str, tuple[tuple[Relation, int], ...]]:
    """Up to which number each database that was taken back had drawn from its sequences."""
    return {database: tuple(drawn.items()) for database, drawn in (journal.recorded(SEQUENCE_POSITIONS) or {}).items()}


def record_positions(journal: RunJournal, drawn_by_database: Mapping[str, Mapping[Relation, int]]) -> None:
    """Keeps how far databases had drawn, for when they are made again."""
    before = journal.recorded(SEQUENCE_POSITIONS) or {}
    if drawn_by_database:
        journal.record(SEQUENCE_POSITIONS, {**before, **drawn_by_database})
