"""Disables triggers while rows are moved, and restores the state that each had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from psycopg import sql

from migrator.core.schema.catalog import Catalog, Relation
from migrator.errors import RefusedError
from migrator.postgres.session.connect import Connection, rows

# pg_trigger.tgenabled -> how ALTER TABLE says it
_ENABLE = {
    "O": sql.SQL("ENABLE"),
    "R": sql.SQL("ENABLE REPLICA"),
    "A": sql.SQL("ENABLE ALWAYS"),
    "D": sql.SQL("DISABLE"),
}

_Triggers = dict[tuple[Relation, str], str]


@contextmanager
def triggers_disabled(connection: Connection, catalog: Catalog, tables: Iterable[Relation]) -> Iterator[None]:
    """Keeps user triggers of these tables and their partitions from firing within the current transaction.

    ALTER TABLE, not session_replication_role: that needs a superuser, would leave ENABLE ALWAYS triggers firing, and
    would switch the checks of foreign keys off too. Only tables that have an enabled trigger are altered. The caller
    holds SHARE ROW EXCLUSIVE locks already, which is what this takes.

    Raises:
        RefusedError: a trigger or a rewrite rule cannot be kept from acting.
    """
    places = [place for relation in tables for place in (relation, *catalog.tables[relation].partitions)]
    scope = {"schemas": [place.schema for place in places], "names": [place.name for place in places]}
    if in_the_way := rows(connection, "session/write_rules", scope):
        schema, table, rule = in_the_way[0]
        raise RefusedError(
            f"The rewrite rule {rule} on {Relation(schema, table)} would change what is moved.",
            f"Disable it for the time being: ALTER TABLE … DISABLE RULE {rule}.",
        )
    before = _read(connection, scope)
    for relation in sorted({relation for (relation, _), state in before.items() if state != "D"}):
        # ONLY: partitions have states of their own, and are altered by themselves.
        connection.execute(sql.SQL("ALTER TABLE ONLY {} DISABLE TRIGGER USER").format(sql.Identifier(*relation)))
    for (relation, name), state in _read(connection, scope).items() if before else ():
        if state != "D":
            raise RefusedError(
                f"The trigger {name} on {relation} cannot be switched off by this role on this server.",
                "Run this as a superuser, or disable the trigger for the time being.",
            )
    yield
    for (relation, name), state in before.items():
        if state != "D":
            connection.execute(trigger_state(relation, name, state))
    if before and _read(connection, scope) != before:
        raise RefusedError(
            "The triggers could not be given back the state that they had; nothing was changed.",
            "Compare pg_trigger.tgenabled of the tables and their partitions.",
        )


def trigger_state(relation: Relation, name: str, state: str) -> sql.Composed:
    """The statement that gives a trigger a state (pg_trigger.tgenabled): of that table alone, not of its partitions."""
    return sql.SQL("ALTER TABLE ONLY {} {} TRIGGER {}").format(
        sql.Identifier(*relation), _ENABLE[state], sql.Identifier(name)
    )


def read_triggers(connection: Connection, tables: Iterable[Relation]) -> Mapping[tuple[Relation, str], str]:
    """The states (pg_trigger.tgenabled) of all triggers that people made on these tables, by table and name."""
    listed = list(tables)
    return _read(connection, {"schemas": [one.schema for one in listed], "names": [one.name for one in listed]})


def _read(connection: Connection, scope: dict[str, list[str]]) -> _Triggers:
    return {
        (Relation(schema, table), name): state
        for schema, table, name, state in rows(connection, "session/user_triggers", scope)
    }
