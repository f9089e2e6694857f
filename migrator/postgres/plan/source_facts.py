"""Reading what in the source itself may keep a split from being carried out."""

from __future__ import annotations

from typing import NamedTuple

from migrator.core.audit.source_checks import ForeignPartition, RowTypeUse, SourceFacts, SourceSessions
from migrator.core.schema.catalog import Relation
from migrator.postgres.session.connect import Connection, rows
from migrator.postgres.session.records import records


class _ForeignPartitionRow(NamedTuple):
    """foreign_partitions.sql"""

    schema: str
    name: str
    root_schema: str
    root_name: str
    server: str
    parent: str
    quoted: str


def read_source_facts(connection: Connection) -> SourceFacts:
    """Asks for the server's kind, limits of sessions, event triggers, foreign partitions and row types in use."""
    ((standby, database_room, role_room, database, role),) = rows(connection, "plan/source_sessions")
    return SourceFacts(
        SourceSessions(standby, database, role, database_room, role_room),
        tuple((name, text) for name, text in rows(connection, "plan/event_triggers")),
        tuple(
            ForeignPartition(
                Relation(row.schema, row.name),
                Relation(row.root_schema, row.root_name),
                row.server,
                row.parent,
                row.quoted,
            )
            for row in records(connection, "plan/foreign_partitions", _ForeignPartitionRow)
        ),
        tuple(
            RowTypeUse(Relation(schema, table), column, Relation(used_schema, used))
            for schema, table, column, used_schema, used in rows(connection, "plan/row_types")
        ),
    )
