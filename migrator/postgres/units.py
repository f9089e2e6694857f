"""From plan steps to copy units: which COPY reads what, and into which databases."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from psycopg import sql

from migrator.core.catalog import Catalog
from migrator.core.compare import UNOWNED
from migrator.core.plan import CopyTable
from migrator.core.transfer import Transfer
from migrator.postgres.connect import Connection, Endpoint, rows
from migrator.postgres.copy import CopyUnit, Destination, UnownedRows
from migrator.postgres.reading import select_rows, set_search_path

# Sessions that are not ours to take: a DBA's psql, monitoring, our own journal and snapshot.
_SPARE_CONNECTIONS = 8
_MOST_SESSIONS = 200


def session_budget(connection: Connection, configured: int | None) -> int:
    """How many sessions a run may hold on this server: what is configured, else what is free less a reserve."""
    if configured is not None:
        return configured
    ((maximum, reserved, in_use),) = rows(connection, "capacity")
    free = int(maximum) - int(reserved) - int(in_use) - _SPARE_CONNECTIONS
    return max(4, min(_MOST_SESSIONS, free))


def copy_units(
    steps: Sequence[CopyTable],
    transfers: Mapping[str, Sequence[Transfer]],
    databases: Mapping[str, Sequence[Destination]],
    catalog: Catalog,
    *,
    run: str,
    epoch: str,
    snapshot: str,
    source: Endpoint,
    control: Endpoint,
    group: int,
) -> Iterator[CopyUnit]:
    """The units of every copy step; a worker holds sessions to at most `group` databases at once.

    Where there are more, the rows are read in the order of their tenants, each database in its turn: one sort of the
    table costs less than reading it once for every group. Only what goes to every tenant alike is read in groups.
    """
    for number in range(max((math.ceil(len(found) / group) for found in databases.values()), default=1)):
        for step in steps:
            transfer = next(item for item in transfers[step.target] if item.relation == step.relation)
            everyone = databases[step.target]
            if transfer.unowned_only:
                everyone = [Destination(UNOWNED, one.endpoint) for one in everyone]
            ordered = len(everyone) > group and not transfer.for_everyone
            chosen = everyone if ordered else everyone[number * group : (number + 1) * group]
            if number > 0 and (ordered or not chosen):
                continue
            # The first group's units also meet the rows of no known tenant, so that these are met exactly once.
            keys = [one.tenant for one in chosen] if number > 0 else None
            others = [one.tenant for one in everyone[len(chosen) :]] if number == 0 else []
            placement = transfer.placement
            quarantined = placement.unowned == "quarantine" and transfer.per_tenant and not transfer.is_replica
            columns = sql.SQL(", ").join(sql.Identifier(column.target) for column in transfer.copied)
            into = sql.SQL("({})").format(columns) if transfer.copied else sql.SQL("")
            for part, pages in enumerate(step.parts):
                rows_ = select_rows(transfer, catalog, keys=keys, but=others, pages=pages, ordered=ordered)
                yield CopyUnit(
                    run=run,
                    step=f"{step.id}#{part}/{number}",
                    receipt=f"{step.id}#{part}",
                    relation=f"{step.relation.schema}.{step.relation.name}",
                    target=step.target,
                    epoch=epoch,
                    snapshot=snapshot,
                    source=source,
                    select=rows_.as_string(None),
                    insert=sql.SQL("COPY {} {} FROM STDIN")
                    .format(sql.Identifier(*transfer.destination), into)
                    .as_string(None),
                    columns=columns.as_string(None),
                    destinations=tuple(chosen),
                    set_search_path=set_search_path(placement).as_string(None) if placement.search_path else "",
                    unowned=_unowned_rows(transfer),
                    quarantine=control if quarantined else None,
                    first=number == 0,
                    ordered=ordered,
                )


def _unowned_rows(transfer: Transfer) -> UnownedRows:
    if transfer.for_everyone:
        return "everyone"
    return "elsewhere" if transfer.per_tenant and transfer.placement.unowned == "shared" else "block"
