"""The way back: what applications write in a tenant's database, into the tables that its rows came from.

The same flow with the sides exchanged. What is read is all of one database; what is written is a table of many tenants,
so every statement there is held to the rows of this one (`scope`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrator.core.changes.row_changes import no_way_back
from migrator.core.online.captured import CapturedTable
from migrator.core.placement.model import Placement
from migrator.core.plan.transfer import Transfer, TransferColumn
from migrator.core.schema.catalog import Table
from migrator.postgres.sync.flow import Flow, forward_flow


def captured_in_target(forward: Flow) -> tuple[CapturedTable, ...]:
    """What is captured in a database once applications write there: the tables whose rows have a way back.

    No row of it leads to another database, so a key is all that the log needs.
    """
    destinations = {table.destination: table.target_key for table in forward.tables if not no_way_back(table.transfer)}
    return tuple(
        CapturedTable(number, relation, destinations[relation], ())
        for number, relation in enumerate(sorted(destinations), 1)
    )


def reverse_flow(forward: Flow, captured: Iterable[CapturedTable]) -> Flow:
    """The flow from a database of `forward` into the source, of what is captured in the database.

    A column of the source that the database lacks keeps its value, and has its default in a row that is new. Its tables
    write only rows of the tenant that a tick is told; rows that would be another's are conflicts.
    """
    transfers = {table.destination: table.transfer for table in forward.tables if not no_way_back(table.transfer)}
    back = [_exchanged(transfer, forward.catalog.tables[transfer.relation]) for transfer in transfers.values()]
    flow = forward_flow(back, forward.target_catalog, forward.catalog, captured)
    tables = tuple(replace(table, scope=transfers[table.relation]) for table in flow.tables)
    return replace(flow, tables=tables)


def _exchanged(transfer: Transfer, table: Table) -> Transfer:
    """The transfer of the same rows the other way, from a database where all of them are one tenant's."""
    columns = []
    for column in transfer.columns:
        there = table.column(column.source) if column.source is not None else None
        if there is not None:
            columns.append(TransferColumn(there.name, column.target, generated=bool(there.generated), type=column.type))
    placement = Placement(transfer.destination, "source", False, transfer.relation, "the way back")
    return Transfer(
        placement, "source", False, tuple(columns), partitioned=table.kind == "p", record_hash=transfer.record_hash
    )
