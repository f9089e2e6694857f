"""Digests what the source holds now, divided as migrate routes rows, and reports what changed since the snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrator.core.placement.tenants import UNOWNED
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import Transfer
from migrator.core.result.outcome import Section
from migrator.core.result.progress import Progress
from migrator.core.result.wording import plural
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Difference, Digest, differences, total
from migrator.postgres.session.connect import Connection
from migrator.postgres.verify.digest import source_digests

_MOST_GAPS = 20  # shown

Transfers = Mapping[str, Sequence[Transfer]]  # by target


def routed_digests(
    progress: Progress, connection: Connection, survey: Survey, transfers: Transfers
) -> dict[str, tuple[Digest, ...]]:
    """The source's digests by target, in the connection's own snapshot."""
    return {name: _of_target(progress, connection, survey, name, items) for name, items in transfers.items()}


def written_since(
    copied: Mapping[str, Sequence[Digest]], now: Mapping[str, Sequence[Digest]], transfers: Transfers
) -> tuple[Difference, ...]:
    """Each (table, tenant) that is not what the snapshot held; told once, however many targets it went to."""
    found: dict[tuple[str, str], Difference] = {}
    for name in transfers:
        for one in differences(copied.get(name, ()), now[name]):
            found.setdefault((one.relation, one.tenant), one)
    return tuple(found.values())


def drift_section(changes: Sequence[Difference]) -> Section:
    """What was written, as a report shows it."""
    return Section(
        "The source was written to since the snapshot",
        ("table", "tenant", "rows in the snapshot", "rows now"),
        tuple((one.relation, one.tenant, one.source_rows, one.target_rows) for one in changes),
        tone="warning",
    )


def gap_sections(gaps: Sequence[Relation]) -> tuple[Section, ...]:
    """The tables of a fenced source that take writes, as a report shows them; nothing where there are none."""
    if not gaps:
        return ()
    return (
        Section(
            "The fence does not hold",
            ("table",),
            tuple((one.full_name,) for one in gaps[:_MOST_GAPS]),
            f"It does not hold on {plural(len(gaps), 'table')}: somebody took it away there, or made the table since. "
            "What is written to them is in no target.",
            "bad",
        ),
    )


def _of_target(
    progress: Progress, connection: Connection, survey: Survey, target: str, transfers: Sequence[Transfer]
) -> tuple[Digest, ...]:
    task = f"digests of the source for {target}"
    progress.start(task, total=len(transfers), unit="tables")
    digests: list[Digest] = []
    for number, transfer in enumerate(transfers, 1):
        digests += source_digests(connection, transfer, survey.catalog)
        progress.advance(task, rows=number)
    progress.finish(task)
    return _as_routed(digests, transfers, survey.known_keys)


def _as_routed(digests: Sequence[Digest], transfers: Sequence[Transfer], known: Sequence[str]) -> tuple[Digest, ...]:
    """The digests as migrate routes the rows: an unknown tenant's are nobody's, global ones may be everybody's."""
    tenants, by_name = set(known), {transfer.relation.full_name: transfer for transfer in transfers}
    totals = total(
        digest
        if not by_name[digest.relation].per_tenant or digest.tenant in tenants
        else replace(digest, tenant=UNOWNED)
        for digest in digests
    )
    for relation, transfer in by_name.items():
        shared = totals.get((relation, UNOWNED))
        if shared is None or not transfer.for_everyone:
            continue
        for tenant in known:
            own = totals.get((relation, tenant), Digest(relation, tenant, 0, 0))
            totals[relation, tenant] = own.plus(shared)
    return tuple(totals.values())
