"""Translates clean rules into SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import assert_never

import psycopg
from psycopg import sql

from migrator.core.clean.rules import (
    ByAge,
    ByCondition,
    ByLogin,
    ByMissingParent,
    ByOtherTenant,
    ByUnknownTenant,
    Selection,
    selections,
)
from migrator.core.placement.model import Placement, Placements
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.errors import ConfigurationError
from migrator.postgres.placement.from_items import own_rows
from migrator.postgres.placement.key_path import declared_rows, holds, joined, source_of, tenant_key
from migrator.postgres.session.connect import Connection, restore_search_path
from migrator.settings import CleanRule

# Domains that RFC 2606 and 6761 keep for tests, and the address tags and logins by which people mark test accounts.
_TEST_EMAIL = r"@([^@]+\.)?(example|test|invalid|localhost)(\.[a-z.]+)?$|^test([0-9._+-][^@]*)?@|^[^@]*\+test[^@]*@"
_TEST_LOGIN = r"^test([0-9._-].*)?$"

# Classes of SQLSTATE that speak of the statement or its values; 42501 (insufficient privilege) does not.
_FAULTS_OF_THE_TEXT = ("22", "42")


def selected(selection: Selection, catalog: Catalog, tenants: Sequence[str]) -> sql.Composed:
    """SELECT of (table's oid, row's ctid) of the rows that a selection means; a row may come more than once."""
    match selection:
        case ByCondition(relation, where):
            return sql.SQL("SELECT tableoid, ctid FROM {} WHERE (\n{}\n)").format(
                own_rows(catalog, relation), sql.SQL(where)
            )
        case ByLogin(relation, email, login):
            tests = [
                sql.SQL("{}::text ~* {}").format(sql.Identifier(column), sql.Literal(pattern))
                for column, pattern in ((email, _TEST_EMAIL), (login, _TEST_LOGIN))
                if column is not None
            ]
            return sql.SQL("SELECT tableoid, ctid FROM {} WHERE {}").format(
                own_rows(catalog, relation), sql.SQL(" OR ").join(tests)
            )
        case ByAge(relation, column, older_than, where):
            bound = (
                sql.SQL("< now() - {}::interval").format(sql.Literal(older_than)) if older_than else sql.SQL("<= now()")
            )
            narrowed = sql.SQL(" AND (\n{}\n)").format(sql.SQL(where)) if where else sql.SQL("")
            return sql.SQL("SELECT tableoid, ctid FROM {} WHERE {} {}{}").format(
                own_rows(catalog, relation), sql.Identifier(column), bound, narrowed
            )
        case ByMissingParent(key):
            return _without_parent(key, catalog)
        case ByUnknownTenant(placement, unkeyed):
            statement = sql.SQL(
                "SELECT t.tableoid, t.ctid FROM {} WHERE NOT EXISTS "
                "(SELECT FROM unnest({}::text[]) AS known (key) WHERE known.key = {})"
            ).format(source_of(placement, catalog), sql.Literal(list(tenants)), tenant_key(placement))
            return statement if unkeyed else statement + sql.SQL(" AND {} IS NOT NULL").format(tenant_key(placement))
        case ByOtherTenant(key, child, parent):
            return _of_other_tenant(key, child, parent, catalog)
        case _:
            assert_never(selection)


def _without_parent(key: ForeignKey, catalog: Catalog) -> sql.Composed:
    child, parent = own_rows(catalog, key.table), own_rows(catalog, key.referenced)
    columns = [sql.SQL("t.{}").format(sql.Identifier(column)) for column in key.columns]
    present = sql.SQL(" AND ").join(holds(column, key.blank) for column in columns)
    if key.partition is not None:
        present += sql.SQL(" AND ") + declared_rows(key)
    if key.when is not None:
        present += sql.SQL(" AND t.{}::text = {}").format(sql.Identifier(key.when[0]), sql.Literal(key.when[1]))
    statement = sql.SQL(
        "SELECT t.tableoid, t.ctid FROM {} AS t WHERE {} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})"
    ).format(child, present, parent, joined(key, "p", "t"))
    if key.match == "f" and len(columns) > 1:
        # MATCH FULL also forbids keys of which a part only is NULL.
        statement += sql.SQL(
            " UNION ALL SELECT t.tableoid, t.ctid FROM {} AS t WHERE num_nulls({}) BETWEEN 1 AND {}"
        ).format(child, sql.SQL(", ").join(columns), sql.Literal(len(columns) - 1))
    return statement


def _of_other_tenant(key: ForeignKey, child: Placement, parent: Placement, catalog: Catalog) -> sql.Composed:
    # Both ends are joined along their key paths under the same aliases, so each is a query of its own. The names of
    # the three columns that we add must not be those of a column of the key.
    def end(placement: Placement, columns: Sequence[str], rows: sql.Composable) -> sql.Composed:
        return sql.SQL(
            "(SELECT t.tableoid AS migrator_tbl, t.ctid AS migrator_tid, {} AS migrator_key, {} FROM {} WHERE {})"
        ).format(
            tenant_key(placement),
            sql.SQL(", ").join(
                sql.SQL("t.{0} AS {0}").format(sql.Identifier(column)) for column in dict.fromkeys(columns)
            ),
            source_of(placement, catalog),
            rows,
        )

    return sql.SQL(
        "SELECT c.migrator_tbl, c.migrator_tid FROM {} AS c JOIN {} AS p ON {} WHERE c.migrator_key <> p.migrator_key"
    ).format(
        end(child, key.columns, declared_rows(key)),
        end(parent, key.referenced_columns, sql.SQL("true")),
        joined(key, "p", "c"),
    )


@contextmanager
def operators_names(connection: Connection, rule: str, schemas: Sequence[str]) -> Iterator[None]:
    """A transaction, or a part of one, in which the operator's own SQL finds tables by their bare names.

    Raises:
        ConfigurationError: that SQL cannot be run; says in the server's words why.
    """
    try:
        with connection.transaction():
            path = sql.SQL(", ").join(sql.Identifier(schema) for schema in dict.fromkeys((*schemas, "public")))
            connection.execute(sql.SQL("SET LOCAL search_path = {}").format(path))
            yield
            restore_search_path(connection)
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if state[:2] not in _FAULTS_OF_THE_TEXT or state == "42501":
            raise
        raise ConfigurationError(
            f"[clean.{rule}] cannot be run: {error.diag.message_primary}.",
            "where is a condition as after WHERE in SQL, older_than an interval such as '30 days'.",
        ) from error


def count_rule(
    connection: Connection,
    name: str,
    rule: CleanRule,
    catalog: Catalog,
    placements: Placements,
    tenants: Sequence[str],
) -> Mapping[Relation, int]:
    """How many rows of each table a rule selects by itself, without what hangs on them; `tenants` are the known keys.

    Raises:
        ConfigurationError: the rule names what does not exist, or its SQL cannot be run.
    """
    by_table: dict[Relation, list[sql.Composed]] = {}
    for selection in selections(name, rule, catalog, placements):
        by_table.setdefault(selection.relation, []).append(selected(selection, catalog, tenants))
    counts = {}
    for relation, statements in by_table.items():
        with operators_names(connection, name, (relation.schema,)):
            # DISTINCT, because selections may overlap. binary: the extended protocol takes one statement only.
            row = connection.execute(
                sql.SQL(
                    "SELECT count(*) FROM (SELECT DISTINCT tableoid, ctid FROM ({}) AS s (tableoid, ctid)) AS d"
                ).format(sql.SQL(" UNION ALL ").join(sql.SQL("({})").format(statement) for statement in statements)),
                binary=True,
            ).fetchone()
        assert row is not None
        counts[relation] = row[0]
    return counts
