"""Clean rules as selections of rows: which tables, by which condition, for which reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.core.placement.key_paths import via
from migrator.core.placement.model import Placement, Placements
from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Relation, Table
from migrator.errors import ConfigurationError
from migrator.settings import CleanRule

# Names that tables and columns of the built-in kinds bear, where migrator.toml does not say them.
_ACCOUNT_TABLES = frozenset({"user", "users", "account", "accounts", "member", "members", "utilisateurs", "comptes"})
_SESSION_TABLES = frozenset({"session", "sessions", "user_session", "user_sessions", "web_sessions"})
_EMAIL_COLUMNS = ("email", "e_mail", "mail", "email_address", "courriel")
_LOGIN_COLUMNS = ("login", "username", "user_name", "identifiant")
_EXPIRY_COLUMNS = ("expires_at", "expires_on", "expire_at", "expires", "expiry", "valid_until")
_DELETED_COLUMNS = ("deleted_at", "deleted_on", "removed_at", "supprime_le", "date_suppression")


@dataclass(frozen=True, slots=True)
class ByCondition:
    """Rows for which the operator's own SQL is true."""

    relation: Relation
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class ByLogin:
    """Rows whose e-mail address or login is that of a test account."""

    relation: Relation
    email: str | None
    login: str | None
    reason: str = "test account"


@dataclass(frozen=True, slots=True)
class ByAge:
    """Rows whose `column` is earlier than now, less `older_than` (an interval); `where` narrows them further."""

    relation: Relation
    column: str
    older_than: str | None
    where: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ByMissingParent:
    """Rows that reference a row which is not there."""

    key: ForeignKey

    @property
    def relation(self) -> Relation:
        return self.key.table

    @property
    def reason(self) -> str:
        return f"orphan: {self.key.label}"


@dataclass(frozen=True, slots=True)
class ByUnknownTenant:
    """Rows whose tenant key is of no tenant; those without any key only where `unkeyed`."""

    placement: Placement
    unkeyed: bool

    @property
    def relation(self) -> Relation:
        return self.placement.relation

    @property
    def reason(self) -> str:
        return "no known tenant"


@dataclass(frozen=True, slots=True)
class ByOtherTenant:
    """Rows that reference a row of another tenant."""

    key: ForeignKey
    child: Placement
    parent: Placement

    @property
    def relation(self) -> Relation:
        return self.key.table

    @property
    def reason(self) -> str:
        return f"references another tenant's row: {self.key.label}"


Selection = ByCondition | ByLogin | ByAge | ByMissingParent | ByUnknownTenant | ByOtherTenant


@dataclass(frozen=True, slots=True)
class Share:
    """Rows of one table that a rule takes for one reason from one tenant.

    `hanging` rows go because of the rows that they reference; `tenant` is None where a row has none.
    """

    rule: str
    relation: Relation
    reason: str
    hanging: bool
    tenant: str | None
    rows: int


def selections(name: str, rule: CleanRule, catalog: Catalog, placements: Placements) -> tuple[Selection, ...]:
    """What a rule selects; none where the database has nothing of its kind.

    Raises:
        ConfigurationError: the rule names what does not exist, or lacks what its kind needs.
    """
    return tuple(_KINDS[rule.kind](_Resolving(name, rule, catalog, placements)))


@dataclass(frozen=True)
class _Resolving:
    """One rule and what its names are looked up in."""

    name: str
    rule: CleanRule
    catalog: Catalog
    placements: Placements

    @property
    def keys(self) -> tuple[ForeignKey, ...]:
        """Every key by which a row may lack its parent."""
        catalog = self.catalog
        return (*catalog.foreign_keys, *catalog.partition_keys, *catalog.period_keys, *self.placements.virtual_keys)

    def wrong(self, what: str, hint: str) -> ConfigurationError:
        return ConfigurationError(f"[clean.{self.name}] {what}", hint)

    def refuse(self, *settings: str) -> None:
        """Settings that would be ignored are refused, because a rule that does less than it says is worse than none."""
        for setting in settings:
            if getattr(self.rule, setting) is not None:
                raise self.wrong(
                    f"{setting} has no meaning for rules of the kind {self.rule.kind!r}.",
                    "Remove it, or change the kind.",
                )

    def table(self) -> Table | None:
        if self.rule.table is None:
            return None
        relation = self.catalog.find(self.rule.table)
        if relation is None:
            raise self.wrong(
                f"table: the source has no table {self.rule.table!r}.",
                'Correct it; a table outside of the schema public is written "schema.table".',
            )
        return self.catalog.tables[relation]

    def tables(self, known: frozenset[str]) -> list[Table]:
        """The table that the rule names, or those whose names are known."""
        table = self.table()
        if table is not None:
            return [table]
        return [table for table in self.catalog.tables.values() if table.relation.name.lower() in known]

    def moment(self, table: Table, names: Sequence[str]) -> str | None:
        """The column that holds a point in time: the rule's own, or the first of `names` that exists."""
        if self.rule.column is not None:
            column = table.column(self.rule.column)
            if column is None:
                if self.rule.table is None:
                    return None
                raise self.wrong(
                    f"column: the table {table.relation} has no column {self.rule.column!r}.",
                    f"Its columns: {', '.join(table.column_names)}.",
                )
            return column.name
        columns = (table.column(name) for name in names)
        return next((column.name for column in columns if column is not None and _is_moment(column)), None)

    def tenant_placement(self, relation: Relation) -> Placement | None:
        """The placement of a table of tenants' rows, read as the table that it is."""
        placement = self.placements.tables.get(relation)
        if placement is None or not placement.per_tenant:
            return None
        return readable(placement, self.catalog)


def readable(placement: Placement, catalog: Catalog) -> Placement | None:
    """A placement by which the table's own rows find their tenant, or None where only its query could tell."""
    table = catalog.tables.get(placement.relation)
    path = placement.key_path
    if table is None or path is None:
        return None
    if placement.query is None:
        return placement
    first = () if path.constant is not None else [name for columns, _ in path.starts for name in columns]
    return replace(placement, query=None) if all(table.column(name) for name in first) else None


def _rows(this: _Resolving) -> Iterator[Selection]:
    this.refuse("column", "older_than")
    table = this.table()
    if table is None or this.rule.where is None:
        raise this.wrong("needs table and where.", 'table = "users", where = "email LIKE \'%@example.test\'"')
    yield ByCondition(table.relation, this.rule.where, f"rule {this.name}")


def _test_accounts(this: _Resolving) -> Iterator[Selection]:
    this.refuse("older_than")
    for table in this.tables(_ACCOUNT_TABLES):
        if this.rule.where is not None:
            yield ByCondition(table.relation, this.rule.where, "test account")
            continue
        wanted = (this.rule.column,) if this.rule.column is not None else _EMAIL_COLUMNS
        email = next((name for name in wanted if table.column(name)), None)
        login = next((name for name in _LOGIN_COLUMNS if table.column(name)), None)
        if email is None and login is None and this.rule.table is not None:
            raise this.wrong(
                f"finds no column of e-mail addresses or logins in {table.relation}.",
                'Name it: column = "…", or say which rows: where = "…".',
            )
        if email is not None or login is not None:
            yield ByLogin(table.relation, email, login)


def _expired_sessions(this: _Resolving) -> Iterator[Selection]:
    yield from _aged(this, this.tables(_SESSION_TABLES), _EXPIRY_COLUMNS, "expired")


def _soft_deleted(this: _Resolving) -> Iterator[Selection]:
    table = this.table()
    tables = [table] if table is not None else list(this.catalog.tables.values())
    yield from _aged(this, tables, _DELETED_COLUMNS, "soft-deleted")


def _aged(this: _Resolving, tables: list[Table], names: Sequence[str], what: str) -> Iterator[Selection]:
    if this.rule.where is not None and this.rule.table is None:
        raise this.wrong("where needs table.", "Name the table whose columns the condition is about.")
    for table in tables:
        column = this.moment(table, names)
        if column is None:
            if this.rule.table is not None:
                raise this.wrong(
                    f"finds no column that says when a row of {table.relation} is {what}.", 'Name it: column = "…".'
                )
            continue
        age = f", older than {this.rule.older_than}" if this.rule.older_than else ""
        yield ByAge(table.relation, column, this.rule.older_than, this.rule.where, f"{what} by {column}{age}")


def _orphans(this: _Resolving) -> Iterator[Selection]:
    this.refuse("where", "column", "older_than")
    table = this.table()
    for key in this.keys:
        # A validated key may still have orphans, from a load with triggers off: looked for where the table is named.
        suspect = key.table == table.relation if table is not None else not key.validated or key.virtual
        if suspect and key.referenced in this.catalog.tables:
            yield ByMissingParent(key)


def _unowned(this: _Resolving) -> Iterator[Selection]:
    this.refuse("where", "column", "older_than")
    table = this.table()
    for relation in [table.relation] if table is not None else list(this.catalog.tables):
        placement = this.tenant_placement(relation)
        if placement is None:
            if table is not None:
                raise this.wrong(
                    f"table: {relation} is not a table of tenants' rows, so none of its rows can lack a tenant.",
                    "Name a table whose target is per_tenant.",
                )
            continue
        path = placement.key_path
        # Rows without a key that go to SHARED or to every tenant are global by intent: migrator.toml says so.
        if path is not None and path.constant is None:
            yield ByUnknownTenant(placement, unkeyed=placement.unowned in ("block", "quarantine"))


def _cross_tenant(this: _Resolving) -> Iterator[Selection]:
    this.refuse("where", "column", "older_than")
    table = this.table()
    for key in this.keys:
        if table is not None and key.table != table.relation:
            continue
        child, parent = this.tenant_placement(key.table), this.tenant_placement(key.referenced)
        if child is None or parent is None or child.target != parent.target:
            continue
        if child.key_path is None or parent.key_path is None or child.key_path.constant is not None:
            continue
        # Where the row takes its tenant over this very key, both ends have the same one.
        if child.key_path != via(key, parent.key_path):
            yield ByOtherTenant(key, child, parent)


def _is_moment(column: Column) -> bool:
    return column.type == "date" or column.type.startswith("timestamp")


_KINDS: Mapping[str, Callable[[_Resolving], Iterator[Selection]]] = {
    "rows": _rows,
    "test-accounts": _test_accounts,
    "expired-sessions": _expired_sessions,
    "soft-deleted": _soft_deleted,
    "orphans": _orphans,
    "unowned": _unowned,
    "cross-tenant": _cross_tenant,
}
