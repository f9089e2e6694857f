"""Reads what migrate recorded in the journal, for its next attempt and for later stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from migrator.core.placement.model import Placements
from migrator.core.plan.steps import CopyTable, CreateDatabase, Plan
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import RECORD_HASH_SINCE, Transfer, base_type, has_own_hash
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Digest, total
from migrator.journal import Journal
from migrator.postgres.copy.units import SPOOLED


def given_digests(journal: Journal, run: str) -> Mapping[str, tuple[Digest, ...]]:
    """What the source gave to each target, as the copies recorded it, parts of a table taken together."""
    copied: dict[str, list[Digest]] = {}
    for moment, digest in journal.digests_by_moment(run, "copied:"):
        copied.setdefault(moment.split(":")[1], []).append(digest)
    return {target: tuple(total(found).values()) for target, found in copied.items()}


def sequence_values(journal: Journal, run: str) -> tuple[str, Mapping[str, Mapping[Relation, int]]] | None:
    """(epoch, target -> sequence -> the value that it goes on behind), as migrate took it from the source."""
    recorded = journal.recorded(run, "sequences")
    if recorded is None:
        return None
    return recorded["epoch"], {
        target: {Relation(schema, name): value for schema, name, value in found}
        for target, found in recorded["values"].items()
    }


def covered_tables(found: Survey, transfers: Mapping[str, tuple[Transfer, ...]]) -> frozenset[Relation]:
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
            for column in found.catalog.tables[one.relation].columns
        ]
        and one.record_hash == (found.catalog.server_version >= RECORD_HASH_SINCE)
    )


def _columns(transfer: Transfer) -> list[tuple[str | None, str]]:
    return [(column.source, column.type) for column in transfer.columns]


def database_counts(plan: Plan) -> Mapping[str, int]:
    """How many databases each target has."""
    return Counter(step.target for step in plan.of(CreateDatabase))


def copy_steps(journal: Journal, run: str, plan: Plan) -> list[CopyTable]:
    """The copies with their parts as they were when this epoch began: receipts name parts by their number."""
    kept = {step_id: parts for step_id, parts in journal.recorded(run, "parts")}
    return [
        replace(step, parts=tuple(None if part is None else (part[0], part[1]) for part in kept[step.id]))
        for step in plan.of(CopyTable)
    ]


def whole_tables(journal: Journal, run: str, placements: Placements, covered: frozenset[Relation]) -> list[Digest]:
    """The digests of whole source tables, from what the copies gave: what rollback compares the source with."""
    # Where a database failed, not all of a table was recorded; the attempt that completes it records it.
    done: dict[str, bool] = {}
    for name, step in journal.step_records(run).items():
        if name.startswith("copy:"):
            receipt = name.removesuffix(SPOOLED)
            done[receipt] = done.get(receipt, False) or step.status == "done"
    partly = {receipt.removeprefix("copy:").rpartition(">")[0] for receipt, whole in done.items() if not whole}
    names = {
        name: placements.tables[relation].home for relation in covered if (name := relation.full_name) not in partly
    }
    given = given_digests(journal, run)
    none = {name: Digest(name, "", 0, 0) for name in names}
    for target, digests in given.items():
        for one in digests:
            if names.get(one.relation) == target:
                none[one.relation] = none[one.relation].plus(one)
    return list(none.values())
