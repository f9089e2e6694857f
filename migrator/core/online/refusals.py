"""What keeps a source from being split while it is written to, and what makes it harder: by name, with the remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from migrator.core.online.captured import CapturedTable
from migrator.core.online.gated import gate_refusals
from migrator.core.placement.model import Placement, Placements
from migrator.core.plan.checks import Check
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import Catalog, Relation, Table
from migrator.core.schema.identifiers import identifier, qualified

OLDEST_VERSION = 120000
# Rows of a table without a key that are written anew within a freeze.
REWRITE_LIMIT = 20_000
# Of a table that was never analysed its size says how many rows there are at most, about.
_BYTES_A_ROW = 40
_LONG_SECONDS = 60
_some = partial(listed, limit=5)


@dataclass(frozen=True, slots=True)
class UserTrigger:
    """A trigger of the source that fires even where replication applies rows."""

    table: Relation
    name: str


@dataclass(frozen=True, slots=True)
class ForeignPart:
    """A partition whose rows are on another server."""

    relation: Relation
    root: Relation


@dataclass(frozen=True, slots=True)
class LongTransaction:
    """A transaction that is open for long: who holds it, and for how many seconds."""

    holder: str
    seconds: float


@dataclass(frozen=True, slots=True)
class OnlineFacts:
    """What was asked of the source for following it. `fence` and `capture` are the runs whose these are."""

    standby: bool = False
    plpgsql: bool = True
    fence: str = ""
    capture: str = ""
    publications: tuple[str, ...] = ()  # that are FOR ALL TABLES
    always: tuple[UserTrigger, ...] = ()
    foreign: tuple[ForeignPart, ...] = ()
    unlogged: tuple[Relation, ...] = ()  # partitions by their own names
    hot: tuple[Relation, ...] = ()  # of few rows, which are updated over and over
    long: tuple[LongTransaction, ...] = ()


def online_refusals(
    catalog: Catalog,
    placements: Placements,
    captured: Sequence[CapturedTable],
    facts: OnlineFacts,
    *,
    run: str = "",
    rewrite_limit: int = REWRITE_LIMIT,
) -> tuple[Check, ...]:
    """What refuses following the source (block) or is to be known before (warn); () where nothing does.

    `run` is the open run, whose own capture may be there already; `rewrite_limit` is how many rows a table without a
    key may have.
    """
    tables = {table.relation: table for table in captured}
    checks = (
        *_of_the_server(catalog, facts, run),
        *_of_the_placements(placements),
        *_of_captured_tables(catalog, tables, rewrite_limit),
        *_of_facts(facts, tables),
        *_without_index(catalog, placements),
        *_colliding(catalog, placements),
        *(_block(one.relation, one.reason, one.remedy) for one in gate_refusals(placements)),
    )
    return tuple(sorted(checks, key=lambda check: check.state != "block"))


def _of_the_server(catalog: Catalog, facts: OnlineFacts, run: str) -> Iterator[Check]:
    if catalog.server_version < OLDEST_VERSION:
        yield _block(
            "server", f"PostgreSQL {catalog.server_version // 10000} is older than 12",
            "Upgrade it, or split it behind the fence: migrator migrate.",
        )  # fmt: skip
    if facts.standby:
        yield _block("server", "it is a standby, on which nothing can be installed", "Name the primary server.")
    if not facts.plpgsql:
        yield _block(
            "server", "the language plpgsql, in which triggers are written, is missing or may not be used",
            "CREATE EXTENSION plpgsql; or GRANT USAGE ON LANGUAGE plpgsql TO the role.",
        )  # fmt: skip
    if facts.fence:
        yield _block(
            "fence", f"the source is fenced by run {facts.fence}: nothing is written that could be followed",
            "End that run first: migrator rollback, or migrator finish.",
        )  # fmt: skip
    if facts.capture and facts.capture != run:
        yield _block(
            "capture", f"run {facts.capture} captures its changes already",
            "Go on with that run, or take its capture away: migrator follow uninstall.",
        )  # fmt: skip
    if facts.publications:
        yield _block(
            "publications",
            f"{_some(facts.publications)} {'publishes' if len(facts.publications) == 1 else 'publish'} all tables, the "
            "log of changes among them: subscribers stop at the first row of a table that they do not have",
            "Publish the tables by name, or by schema: CREATE PUBLICATION … FOR TABLES IN SCHEMA …;",
        )  # fmt: skip


def _of_the_placements(placements: Placements) -> Iterator[Check]:
    for relation, placement in sorted(placements.tables.items()):
        if placement.query is not None:
            yield _block(
                relation, "it is read by a query: of which tables' changes its rows come from is not known",
                "Place the tables themselves, or split behind the fence: migrator migrate.",
            )  # fmt: skip
    if placements.tree is not None:
        yield _warn(
            placements.tree.root,
            f"a row that is put below another one ({', '.join(placements.tree.above.columns)}) takes its rows to "
            "another tenant: following stops there",
            "Leave the tree as it is until the last tenant has moved.",
        )


def _of_captured_tables(catalog: Catalog, tables: dict[Relation, CapturedTable], rewrite_limit: int) -> Iterator[Check]:
    for relation, captured in tables.items():
        table = catalog.tables[relation]
        virtual = [column.name for column in table.columns if column.generated == "v"]
        if computed := [name for name in captured.columns if name in virtual]:
            yield _block(
                relation,
                f"a row's tenant depends on {_some(computed)}, which no trigger sees: it is computed on reading",
                f"Store it: ALTER TABLE {qualified(*relation)} … GENERATED ALWAYS AS (…) STORED.",
            )  # fmt: skip
        if captured.key:
            continue
        rows = table.rows if table.rows >= 0 else table.bytes // _BYTES_A_ROW
        if rows > rewrite_limit:
            yield _block(
                relation,
                f"it has no key that tells its rows apart, and about {rows:,} rows: any change means all of them, and "
                f"{rewrite_limit:,} are the most that a freeze has the time for",
                f"Add a key: ALTER TABLE {qualified(*relation)} ADD PRIMARY KEY (…); or raise [online] rewrite_limit.",
            )
        else:
            yield _warn(
                relation,
                f"it has no key that tells its rows apart: all of it ({plural(rows, 'row')} or so) is copied anew "
                "whenever any changes", f"Add a key: ALTER TABLE {qualified(*relation)} ADD PRIMARY KEY (…);",
            )  # fmt: skip


def _of_facts(facts: OnlineFacts, tables: dict[Relation, CapturedTable]) -> Iterator[Check]:
    for part in facts.foreign:
        if part.root in tables:
            yield _block(
                part.root,
                f"its partition {part.relation} is a foreign table: what changes there is seen by no trigger",
                f"ALTER TABLE {qualified(*part.root)} DETACH PARTITION {qualified(*part.relation)};",
            )  # fmt: skip
    for trigger in facts.always:
        if trigger.table in tables:
            yield _block(
                trigger.table,
                f"its trigger {trigger.name} is ENABLE ALWAYS: it would fire for rows that are carried back as well",
                f"ALTER TABLE {qualified(*trigger.table)} ENABLE TRIGGER {identifier(trigger.name)};",
            )
    if facts.unlogged:
        yield _warn(
            "unlogged tables",
            f"{_some(facts.unlogged)}: a crash of the server empties them, and they are compared after every restart",
            "Make those logged that matter: ALTER TABLE ... SET LOGGED;",
        )  # fmt: skip
    if facts.hot:
        yield _warn(
            "hot rows", f"{_some(facts.hot)}: few rows that are updated over and over; transactions that wait for each "
            "other there make a freeze wait", "Touch such rows last in a transaction, or not in every one.",
        )  # fmt: skip
    if lasting := [one for one in facts.long if one.seconds >= _LONG_SECONDS]:
        yield _warn(
            "long transactions",
            f"{_some(f'{one.holder} for {one.seconds:.0f} s' for one in lasting)}: installing waits for those that "
            "have written, and every wave for all that are open when it begins",
            "End them before, or see to it that reports run outside the hours of a wave.",
        )


def _without_index(catalog: Catalog, placements: Placements) -> Iterator[Check]:
    """Keys of paths that are searched from the parent's side whenever a parent moves."""
    hops = dict.fromkeys(
        (hop.referenced, hop.referenced_columns) if hop.first or hop.of else (hop.table, hop.columns)
        for placement in placements.tables.values()
        if placement.key_path is not None
        for path in placement.key_path.alternatives
        for hop in path.hops
    )
    for relation, columns in hops:
        table = catalog.tables.get(relation)
        if table is not None and not _is_indexed(table, columns):
            names = ", ".join(identifier(name) for name in columns)
            yield _warn(
                relation, f"no index begins with {names}: all of it is read whenever a row that it leads to moves",
                f"CREATE INDEX CONCURRENTLY ON {qualified(*relation)} ({names});",
            )  # fmt: skip


def _is_indexed(table: Table, columns: tuple[str, ...]) -> bool:
    return any(
        index.valid and not index.partial and set(index.columns[: len(columns)]) == set(columns)
        for index in table.indexes
    )


def _colliding(catalog: Catalog, placements: Placements) -> Iterator[Check]:
    """Unique keys of which two tenants' databases may come to hold the same value."""
    for relation, placement in sorted(placements.tables.items()):
        table = catalog.tables.get(relation)
        if table is None or not placement.per_tenant or placement.key_path is None:
            continue
        for key in table.unique_keys:
            if not _tells_tenants_apart(table, key, placement, placements):
                yield _warn(
                    relation,
                    f"({', '.join(key)}) is unique over all tenants: once two have databases of their own, both may "
                    "come to hold the same, and only one of them can go back",
                    "Make it unique for each tenant, or see to it that applications choose values that cannot meet.",
                )


def _tells_tenants_apart(table: Table, key: tuple[str, ...], placement: Placement, placements: Placements) -> bool:
    assert placement.key_path is not None
    if any(set(columns) <= set(key) for columns, _ in placement.key_path.starts):
        return True
    for held in placements.foreign_keys:
        # What names a row of the tenant's own is its own too.
        there = placements.tables.get(held.referenced)
        if held.table == table.relation and set(held.columns) <= set(key) and there is not None and there.per_tenant:
            return True
    drawn = (column for column in table.columns if column.name in key)
    return any(column.sequence is not None or column.identity or column.value_type == "uuid" for column in drawn)


def _block(subject: Relation | str, detail: str, remedy: str) -> Check:
    return Check(_name(subject), "block", detail, remedy)


def _warn(subject: Relation | str, detail: str, remedy: str) -> Check:
    return Check(_name(subject), "warn", detail, remedy)


def _name(subject: Relation | str) -> str:
    return f"online: {subject}"
