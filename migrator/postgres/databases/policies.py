"""Makes row level security policies for targets in which tenants share a database, from key paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import sql

from migrator.core.placement.key_paths import KeyPath
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, Relation, strongly_connected
from migrator.errors import ConfigurationError
from migrator.postgres.placement.key_path import equal, text_of
from migrator.postgres.session.connect import Connection
from migrator.postgres.verify.verify_database import joined, target_name

POLICY = "tenant_isolation"


def secure(connection: Connection, transfers: Sequence[Transfer], catalog: Catalog, setting: str) -> None:
    """Makes the policies in a template: a session sees the rows of the tenant that its `setting` names, and no others.

    `transfers` are all of the template's, `catalog` is the template's own. Only those with a policy path get one;
    rows without a tenant key are everybody's where they are meant so (unowned = "replicate"), else nobody's.

    Raises:
        ConfigurationError: a key path leaves the database, lost a column on the way, or runs in a circle.
    """
    by_relation = {transfer.relation: transfer for transfer in transfers}
    secured = [
        (one, one.placement.policy_path) for one in transfers if one.placement.policy_path and not one.is_replica
    ]
    _require_no_circle({one.relation: _tables_read(path) for one, path in secured if path is not None})
    for transfer, path in secured:
        if path is None or path.column is None:
            continue
        type_ = _key_type(transfer, path, by_relation, catalog)
        keys = [_key_by(transfer, one, by_relation, type_) for one in path.alternatives]
        key = keys[0] if len(keys) == 1 else sql.SQL("COALESCE({})").format(sql.SQL(", ").join(keys))
        table = sql.Identifier(*transfer.destination)
        allowed = _allowed(path, keys, key, _tenant(setting, _compared_type(path, type_)))
        shared = transfer.placement.unowned == "replicate"
        visible = sql.SQL("({} IS NULL OR {})").format(key, allowed) if shared else allowed
        # Permissive policies add up: beside one of the application's own, ours has to be one that restricts.
        others = connection.execute(
            "SELECT FROM pg_catalog.pg_policies WHERE (schemaname, tablename) = (%s, %s)", [*transfer.destination]
        ).fetchone()
        connection.execute(
            sql.SQL("CREATE POLICY {} ON {} AS {} USING ({}) WITH CHECK ({})").format(
                sql.Identifier(POLICY),
                table,
                sql.SQL("PERMISSIVE" if others is None else "RESTRICTIVE"),
                visible,
                allowed,
            )
        )
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table))
        connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(table))


def _tenant(setting: str, type_: str) -> sql.Composed:
    """The session's tenant; NULL, which equals nothing, where none is set. In a subquery: once a query, not a row."""
    # The type's name comes from the catalog, spelt by format_type, quoted where it needs to be.
    return sql.SQL("(SELECT CAST(nullif(pg_catalog.current_setting({}, true), '') AS {}))").format(
        sql.Literal(setting), sql.SQL(type_)
    )


def _compared_type(path: KeyPath, type_: str) -> str:
    """The type that the session's tenant is read as: the tenant root's, in which its key is written, where it differs.

    A type that somebody made need not be there in a database without the tenant root.
    """
    roots = {one.lookup.loose[0] for one in path.alternatives if one.lookup is not None}
    return next((root for root in roots if root and "." not in root), type_)


def _allowed(path: KeyPath, keys: Sequence[sql.Composed], key: sql.Composed, tenant: sql.Composed) -> sql.Composed:
    """Whether a row is the tenant's: its first key that is there equals it, as the server compares the declared key.

    With no search path `=` would mean pg_catalog's, by which 'ACME' of citext is not 'Acme'.
    """
    if all(one.lookup is None for one in path.alternatives):
        return sql.SQL("{} = {}").format(key, tenant)
    equals = [
        sql.SQL("{} = {}").format(own, tenant) if one.lookup is None else equal(one.lookup, 0, tenant, own)
        for one, own in zip(path.alternatives, keys, strict=True)
    ]
    if len(equals) == 1:
        return equals[0]
    cases = (sql.SQL("WHEN {} IS NOT NULL THEN {}").format(own, is_it) for own, is_it in zip(keys, equals, strict=True))
    return sql.SQL("CASE {} END").format(sql.SQL(" ").join(cases))


def _key_by(transfer: Transfer, path: KeyPath, by_relation: Mapping[Relation, Transfer], type_: str) -> sql.Composed:
    """The row's tenant key in the target's names by one path: its own column, or what its parents say."""
    here, start = transfer, sql.Identifier(*transfer.destination)
    froms: list[sql.Composable] = []
    first: sql.Composable = sql.SQL("")
    for number, hop in enumerate(path.hops, 1):
        alias = sql.Identifier(f"h{number}")
        parent = by_relation.get(hop.referenced)
        if hop.first or hop.of is not None:
            raise _no_policy(transfer, f"its key path chooses among the rows of {hop.referenced}")
        condition = joined(hop, here, parent, start, alias) if parent is not None else None
        if parent is None or condition is None:
            raise _no_policy(transfer, f"its key path leads through {hop.referenced}, which is not beside it")
        item = sql.SQL("{} AS {}").format(sql.Identifier(*parent.destination), alias)
        if number == 1:
            froms, first = [item], condition
        else:
            froms.append(sql.SQL("JOIN {} ON {}").format(item, condition))
        here, start = parent, alias
    column = target_name(here, path.column or "")
    if column is None:
        raise _no_policy(transfer, f"the key column {path.relation}.{path.column} does not travel")
    key = sql.SQL("{}.{}").format(start, sql.Identifier(column))
    if path.blank is not None:
        key = sql.SQL("CAST({} AS {})").format(text_of(key, path.blank), sql.SQL(type_))
    if not froms:
        return key
    return sql.SQL("(SELECT {} FROM {} WHERE {})").format(key, sql.SQL(" ").join(froms), first)


def _key_type(transfer: Transfer, path: KeyPath, by_relation: Mapping[Relation, Transfer], catalog: Catalog) -> str:
    """The type of the column that holds the tenant key, as the template has it."""
    holder = by_relation.get(path.relation)
    if holder is None:
        raise _no_policy(transfer, f"its key path leads through {path.relation}, which is not beside it")
    table = catalog.tables[holder.destination]
    column = table.column(target_name(holder, path.column or "") or "")
    if column is None:
        raise _no_policy(transfer, f"the key column {path.relation}.{path.column} does not travel")
    return column.type


def _tables_read(path: KeyPath | None) -> frozenset[Relation]:
    return frozenset(hop.referenced for one in path.alternatives for hop in one.hops) if path else frozenset()


def _require_no_circle(reads: Mapping[Relation, frozenset[Relation]]) -> None:
    """PostgreSQL refuses every query of tables whose policies read each other, but only when it is asked one."""
    edges = {relation: {one for one in tables if one in reads} for relation, tables in reads.items()}
    for component in strongly_connected(edges):
        if len(component) > 1 or component[0] in edges[component[0]]:
            names = ", ".join(str(relation) for relation in component)
            raise ConfigurationError(
                f"Row level security: the key paths of {names} lead in a circle.",
                "Give one of them a path of its own: [tables.X] key, or key_path.",
            )


def _no_policy(transfer: Transfer, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"Row level security: {transfer.relation} cannot have a policy: {why}.",
        f'Write another path, [tables."{transfer.relation}"] key_path, or place the two in one database.',
    )
