"""Whether the source's sequences have room for a block of numbers in every database, asked before anything is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from migrator.core.placement.model import Placements
from migrator.core.plan.checks import Check
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.sequences.blocks import WANTED_AT_LEAST, Draw, SourceSequence, reserve

_MOST_NAMED = 5


def check_room(
    sources: Mapping[Relation, SourceSequence], catalog: Catalog, placements: Placements, plan: Plan
) -> Iterator[Check]:
    """Sequences whose numbers do not suffice for a block in each database, or for a small one only.

    What the targets' trees make of the sequences is not known here: they are taken to have them as the source has.
    """
    databases = Counter(step.target for step in plan.of(CreateDatabase))
    reservation = reserve(sources, [*_draws(catalog, placements, databases)])
    none = [f"{draw.sequence.relation} ({why})" for draw, why in reservation.without if not draw.sequence.cycle]
    if none:
        yield Check(
            "sequences",
            "warn",
            f"{plural(len(none), 'sequence')} can give no database numbers of its own: {listed(none, _MOST_NAMED)}; "
            "what two databases number alike is a conflict on the way back",
            "Widen column and sequence to bigint, here and in the targets' trees (audit rule G09).",
        )
    small = {one.sequence: one.numbers for one in reservation.blocks if one.numbers < WANTED_AT_LEAST}
    if small:
        names = listed((f"{name} ({numbers} each)" for name, numbers in small.items()), _MOST_NAMED)
        yield Check(
            "sequences",
            "warn",
            f"{plural(len(small), 'sequence')} have few numbers for each database: {names}",
            "`migrator status` tells when they run out; `migrator sequences refill` gives others while there are any.",
        )
    if not none and not small:
        yield Check("sequences", "ok", "each has numbers for every database")


def _draws(catalog: Catalog, placements: Placements, databases: Mapping[str, int]) -> Iterator[Draw]:
    for sequence in catalog.sequences.values():
        placed = [placements.tables[table] for table, _ in sequence.used_by if table in placements.tables]
        homes = {one.home for one in placed if one.target}
        for target in sorted(homes if sequence.used_by else databases):
            yield Draw(target, sequence, (sequence.relation,), databases.get(target, 0))
