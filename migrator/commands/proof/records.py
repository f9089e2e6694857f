"""Reads what migrate recorded in the journal, for its next attempt and for later stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from migrator.core.placement.model import Placements
from migrator.core.plan.steps import CopyTable, CreateDatabase, Plan
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import RECORD_HASH_SINCE, Transfer, base_type, has_own_hash
from migrator.core.run.facts import PARTS, SEQUENCES
from migrator.core.run.moments import COPIED, target_of
from migrator.core.run.step_id import StepId
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Digest, total
from migrator.journal import RunJournal


def given_digests(journal: RunJournal) -> Mapping[str, tuple[Digest, ...]]:
    """What the source gave to each target, as the copies recorded it, parts of a table taken together."""
    copied: dict[str, list[Digest]] = {}
    for moment, digest in journal.digests_by_moment(COPIED):
        copied.setdefault(target_of(moment), []).append(digest)
    return {target: tuple(total(found).values()) for target, found in copied.items()}


def sequence_values(journal: RunJournal) -> tuple[str, Mapping[str, Mapping[Relation, int]]] | None:
    """(epoch, target -> sequence -> the value that it goes on behind), as migrate took it from the source."""
    recorded = journal.recorded(SEQUENCES)
    return None if recorded is None else (recorded.epoch, recorded.values)


def covered_tables(survey: Survey, transfers: Mapping[str, tuple[Transfer, ...]]) -> frozenset[Relation]:
    """Tables whose copies read every row once, with every column in its place: their digests add up to the table's."""
    return frozenset(
        one.relation
        for items in transfers.values()
        for one in items
        if not one.is_replica
        and one.placement.query is None
        and one.placement.unowned != "replicate"
        and _columns(one)
        == [
            (column.name, base_type(column.type) if has_own_hash(column.type) else "")
            for column in survey.catalog.tables[one.relation].columns
        ]
        and one.record_hash == (survey.catalog.server_version >= RECORD_HASH_SINCE)
    )


def _columns(transfer: Transfer) -> list[tuple[str | None, str]]:
    return [(column.source, column.type) for column in transfer.columns]


def database_counts(plan: Plan) -> Mapping[str, int]:
    """How many databases each target has."""
    return Counter(step.target for step in plan.of(CreateDatabase))


def copy_steps(journal: RunJournal, steps: Iterable[CopyTable]) -> list[CopyTable]:
    """The copies with their parts as they were when this epoch began: receipts name parts by their number."""
    kept = dict(journal.recorded(PARTS) or ())
    return [replace(step, parts=kept[step.id]) for step in steps]


def whole_tables(journal: RunJournal, placements: Placements, covered: frozenset[Relation]) -> list[Digest]:
    """The digests of whole source tables, from what the copies gave: what rollback compares the source with."""
    # Where a database failed, not all of a table was recorded; the attempt that completes it records it.
    done: dict[StepId, bool] = {}
    for step in journal.step_records().values():
        if step.kind == "copy":
            part = StepId.parse(step.step).receipt
            done[part] = done.get(part, False) or step.status == "done"
    partly = {part.relation for part, whole in done.items() if not whole}
    names = {
        name: placements.tables[relation].home for relation in covered if (name := relation.full_name) not in partly
    }
    given = given_digests(journal)
    none = {name: Digest(name, "", 0, 0) for name in names}
    for target, digests in given.items():
        for one in digests:
            if names.get(one.relation) == target:
                none[one.relation] = none[one.relation].plus(one)
    return list(none.values())
