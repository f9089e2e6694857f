"""Makes copy units from plan steps: which COPY reads what, into which databases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from migrator.core.placement.tenants import UNOWNED
from migrator.core.plan.steps import CopyTable
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog
from migrator.postgres.copy.relay import CopyUnit, Destination, UnownedRows
from migrator.postgres.copy.spool import Load
from migrator.postgres.placement.from_items import set_search_path
from migrator.postgres.placement.select_rows import select_rows
from migrator.postgres.session.connect import Connection, Endpoint, rows

# Sessions that are not ours to take: a DBA's psql, monitoring, our own journal and snapshot.
_SPARE_CONNECTIONS = 8
_MOST_SESSIONS = 200
# Of a role whose sessions are limited the journal, the snapshot and the coordinator need some themselves.
_OWN_CONNECTIONS = 4


def session_budget(connection: Connection, configured: int | None) -> int:
    """How many sessions a run may hold on this server: what is configured, else what is free less a reserve."""
    if configured is not None:
        return configured
    ((maximum, reserved, in_use, role_room),) = rows(connection, "copy/capacity")
    free = int(maximum) - int(reserved) - int(in_use) - _SPARE_CONNECTIONS
    if role_room is not None:
        free = min(free, int(role_room) - _OWN_CONNECTIONS)
    return max(4, min(_MOST_SESSIONS, free))


@dataclass(frozen=True, slots=True)
class CopyRun:
    """What the copies of a run have in common.

    A worker holds `sessions` to targets at most. A target of more databases than that is read into files in the
    directory `spool`.
    """

    id: str
    epoch: str
    snapshot: str
    source: Endpoint
    control: Endpoint
    sessions: int
    spool: Path


def copy_units(
    run: CopyRun,
    steps: Sequence[CopyTable],
    transfers: Mapping[str, Sequence[Transfer]],
    databases: Mapping[str, Sequence[Destination]],
    catalog: Catalog,
) -> Iterator[CopyUnit]:
    """The units of every copy step."""
    for step in steps:
        transfer = next(item for item in transfers[step.target] if item.relation == step.relation)
        placement = transfer.placement
        tenant = UNOWNED if transfer.unowned_only else None
        destinations = tuple(
            Destination(one.tenant if tenant is None else tenant, one.endpoint)
            for one in databases[step.target]
            if transfer.is_in(one.tenant)
        )
        spooled = len(destinations) > run.sessions
        quarantined = placement.unowned == "quarantine" and transfer.per_tenant and not transfer.is_replica
        columns = sql.SQL(", ").join(sql.Identifier(column.target) for column in transfer.copied)
        into = sql.SQL("({})").format(columns) if transfer.copied else sql.SQL("")
        for part, pages in enumerate(step.parts):
            unit = replace(step.step, part=part, spooled=spooled)
            receipt = str(unit.receipt)
            yield CopyUnit(
                run=run.id,
                step=unit,
                receipt=receipt,
                relation=step.relation.full_name,
                target=step.target,
                epoch=run.epoch,
                snapshot=run.snapshot,
                source=run.source,
                select=select_rows(transfer, catalog, pages=pages).as_string(None),
                insert=sql.SQL("COPY {} {} FROM STDIN")
                .format(sql.Identifier(*transfer.destination), into)
                .as_string(None),
                columns=columns.as_string(None),
                destinations=destinations,
                spool=str(run.spool / f"{hashlib.sha256(receipt.encode()).hexdigest()[:16]}.rows") if spooled else "",
                set_search_path=set_search_path(placement).as_string(None) if placement.search_path else "",
                unowned=_unowned_rows(transfer),
                quarantine=run.control if quarantined else None,
            )


def loads_of(target: str, units: Iterable[CopyUnit]) -> tuple[Load, ...]:
    """What each database of that target gets out of files."""
    return tuple(
        Load(unit.receipt, unit.relation, unit.insert, unit.spool)
        for unit in units
        if unit.spool and unit.target == target
    )


def _unowned_rows(transfer: Transfer) -> UnownedRows:
    if transfer.for_everyone:
        return "everyone"
    return "elsewhere" if transfer.per_tenant and transfer.placement.unowned_target is not None else "block"
