"""Reads what decides whether a database can be followed while it is written to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from migrator.core.online.refusals import ForeignPart, LongTransaction, OnlineFacts, UserTrigger
from migrator.core.schema.catalog import Relation
from migrator.postgres.capture.state import read_capture
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.session.connect import Connection, rows


def read_online_facts(connection: Connection) -> OnlineFacts:
    """Asks for the server's kind, what else is installed, and what would not be seen, or would fire too."""
    ((standby, plpgsql),) = rows(connection, "capture/can_capture")
    facts: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for kind, *fact in rows(connection, "capture/online_facts"):
        facts[kind].append(fact)
    fence, capture = read_fence(connection), read_capture(connection)
    return OnlineFacts(
        standby=standby,
        plpgsql=plpgsql,
        fence=fence.run if fence is not None else "",
        capture=capture.run if capture is not None else "",
        publications=tuple(name for name, *_ in facts["publication"]),
        always=tuple(UserTrigger(Relation(schema, table), name) for name, schema, table, *_ in facts["always"]),
        foreign=tuple(
            ForeignPart(Relation(schema, table), Relation(root_schema, root))
            for _, schema, table, root_schema, root, _ in facts["foreign"]
        ),
        unlogged=tuple(Relation(schema, table) for _, schema, table, *_ in facts["unlogged"]),
        hot=tuple(Relation(schema, table) for _, schema, table, *_ in facts["hot"]),
        long=tuple(LongTransaction(holder, seconds) for holder, *_, seconds in facts["transaction"]),
    )
