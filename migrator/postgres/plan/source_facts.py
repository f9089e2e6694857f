"""Reading what in the source itself may keep a split from being carried out."""

from __future__ import annotations

from migrator.core.audit.source_checks import ForeignPartition, RowTypeUse, SourceFacts, SourceSessions
from migrator.core.schema.catalog import Relation
from migrator.postgres.session.connect import Connection, rows


def read_source_facts(connection: Connection) -> SourceFacts:
    """Asks for the server's kind, limits of sessions, event triggers, foreign partitions and row types in use."""
    ((standby, database_room, role_room, database, role),) = rows(connection, "plan/source_sessions")
    return SourceFacts(
        SourceSessions(standby, database, role, database_room, role_room),
        tuple((name, text) for name, text in rows(connection, "plan/event_triggers")),
        tuple(
            ForeignPartition(Relation(schema, name), Relation(root_schema, root), server, parent, quoted)
            for schema, name, root_schema, root, server, parent, quoted in rows(connection, "plan/foreign_partitions")
        ),
        tuple(
            RowTypeUse(Relation(schema, table), column, Relation(used_schema, used))
            for schema, table, column, used_schema, used in rows(connection, "plan/row_types")
        ),
    )
