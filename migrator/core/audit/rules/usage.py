"""Rules on what is stored and not used, by the server's statistics: G08, G14."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from migrator.core.audit.facts import Facts, IndexFact
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.audit.places import place
from migrator.core.audit.rules.indexes import removal, serves
from migrator.core.result.wording import size
from migrator.core.schema.catalog import Relation
from migrator.core.schema.identifiers import qualified

_DAYS = 7  # a weekly report must have had its chance
_SMALL_INDEX = 2**20  # bytes: below, nothing is gained
_WASTE = 100 * 2**20  # bytes


@rule(
    "G08", "I", Category.INDEXING, "indexes", "Index that no query uses",
    why="Every write maintains it, every backup and every tenant's database builds it again.",
    remedy="Look at the statistics of the standbys too, which are counted apart; then drop it, or leave it out of the "
    "targets' schema.",
)  # fmt: skip
def unused_index(facts: Facts) -> Iterator[Observation]:
    """Indexes of 1 MiB or more without a scan in a week, save those that a constraint or a foreign key needs.

    Partitioned indexes are passed over: the parent of one is never scanned itself.
    """
    if facts.statistics_days < _DAYS:
        return
    for index in facts.indexes:
        if index.scans or index.bytes < _SMALL_INDEX or not index.valid or index.partitioned or index.attached:
            continue
        if not (index.unique or index.constraint or index.referenced or _supports_a_key(facts, index)):
            yield Observation(
                str(index.name), place(index.name),
                f"No query has used it in the {facts.statistics_days:,.0f} days that were counted; it takes "
                f"{size(index.bytes)}.",
                index.root, sql_fix=removal(index),
            )  # fmt: skip


def _supports_a_key(facts: Facts, index: IndexFact) -> bool:
    table = facts.catalog.tables.get(index.table)
    return table is not None and any(serves(index, key.columns) for key in table.foreign_keys)


@rule(
    "G14", "I", Category.CAPACITY, "tables", "Table that is mostly empty space",
    why="Whoever reads the whole table reads the empty space too, as the backup and the copy do.",
    remedy="VACUUM (FULL) where the table may be locked for so long, pg_repack where it may not. The targets are "
    "written anew: what stays behind needs no repair.",
)  # fmt: skip
def bloated_table(facts: Facts) -> Iterator[Observation]:
    """Tables, partitions added up, that could do without half of their size, and without 100 MiB of it."""
    sizes: dict[Relation, list[int]] = defaultdict(lambda: [0, 0])
    for heap in facts.heaps:
        sizes[heap.root][0] += heap.bytes
        sizes[heap.root][1] += heap.needed
    for relation, (taken, needed) in sorted(sizes.items()):
        if taken - needed >= _WASTE and needed * 2 <= taken:
            yield Observation(
                str(relation), place(relation),
                f"Its rows need about {size(needed)} of {size(taken)}, by the planner's estimate.",
                relation, sql_fix=f"VACUUM (FULL, ANALYZE) {qualified(*relation)};  -- locks the table",
            )  # fmt: skip


RULES = (unused_index, bloated_table)
