"""Reads the session settings of a database, and gives them to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql

from migrator.core.plan.database_parameters import DatabaseSetting, SettingReader
from migrator.core.schema.catalog import Relation
from migrator.postgres.session.connect import Connection, rows


def read_settings(connection: Connection) -> tuple[DatabaseSetting, ...]:
    """The settings of the connected database, those of single roles in it among them."""
    return tuple(DatabaseSetting(*row) for row in rows(connection, "schema/database_settings"))


def read_readers(connection: Connection) -> tuple[SettingReader, ...]:
    """Every object whose text reads a session setting of an application."""
    readers = (
        SettingReader(kind, name, text, Relation(schema, table) if table is not None else None)
        for kind, name, text, schema, table in rows(connection, "schema/setting_readers")
    )
    return tuple(reader for reader in readers if reader.settings)


def refused_settings(connection: Connection, settings: Sequence[DatabaseSetting]) -> dict[DatabaseSetting, str]:
    """Those that could not be given to a database of the connected server, each with the server's reason."""
    refused: dict[DatabaseSetting, str] = {}
    roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_catalog.pg_roles").fetchall()}
    for one in settings:
        if one.role and one.role not in roles:
            refused[one] = f"the server has no role {one.role}"
            continue
        if one.name == "default_transaction_read_only":
            refused[one] = "it freezes the source, the targets are written to"
            continue
        try:
            with connection.transaction(force_rollback=True):
                connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", [one.name, one.value])
        except psycopg.Error as error:
            refused[one] = error.diag.message_primary or str(error)
    return refused


def apply_settings(connection: Connection, database: str, settings: Iterable[DatabaseSetting]) -> None:
    """Gives a database its settings, those of single roles in it among them."""
    name = sql.Identifier(database)
    for one in settings:
        # FROM CURRENT, because a list such as search_path would have to be taken apart and quoted by its elements.
        where = (
            sql.SQL("ROLE {} IN DATABASE {}").format(sql.Identifier(one.role), name)
            if one.role
            else sql.SQL("DATABASE {}").format(name)
        )
        with connection.transaction():
            connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", [one.name, one.value])
            connection.execute(sql.SQL("ALTER {} SET {} FROM CURRENT").format(where, _setting(one.name)))


def _setting(name: str) -> sql.Composable:
    """A setting's name: that of an extension has two parts."""
    return sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))
