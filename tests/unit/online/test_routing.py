"""What routing says of a batch, held against asking every database about every row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.core.online.captured import CapturedTable, LogEntry
from migrator.core.online.routing import Holders, Key, Routing, Version, Way
from migrator.core.placement.key_paths import KeyPath, TenantTree
from migrator.core.schema.catalog import ForeignKey, Relation
from tests.schema import key as foreign_key
from tests.schema import public

Row = dict[str, str | None]
World = dict[str, dict[str, Row]]  # table -> id -> columns

NAMES = ["a", "b", "c", "d", "e"]
TENANTS = ["1", "2", "3"]
IDS = ["1", "2", "3"]


@dataclass(frozen=True)
class Scheme:
    """Tables in an order in which each references only earlier ones, with their paths."""

    paths: Mapping[str, KeyPath]

    @property
    def hops(self) -> list[ForeignKey]:
        return [hop for path in self.paths.values() for each in path.alternatives for hop in each.hops]

    def columns(self, table: str) -> list[str]:
        """The columns besides the id that the log holds."""
        read = {column for hop in self.hops if hop.table.name == table for column in hop.columns}
        read |= {hop.when[0] for hop in self.hops if hop.table.name == table and hop.when}
        read |= {column for hop in self.hops if hop.referenced.name == table for column in hop.referenced_columns}
        read |= {hop.of[0] for hop in self.hops if hop.referenced.name == table and hop.of}
        read |= {
            each.column
            for path in self.paths.values()
            for each in path.alternatives
            if each.relation.name == table and each.column
        }
        return sorted(read - {"id"})

    def captured(self) -> list[CapturedTable]:
        return [
            CapturedTable(number, public(table), ("id",), tuple(self.columns(table)))
            for number, table in enumerate(self.paths, 1)
        ]


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    paths: dict[str, KeyPath] = {}
    for table in NAMES[: draw(st.integers(2, 5))]:
        ways: list[KeyPath] = []
        for _ in range(draw(st.integers(1, 2))):
            if not paths or draw(st.booleans()):
                ways.append(KeyPath((), public(table), "tenant", blank=draw(st.sampled_from([None, "0"]))))
                continue
            parent = draw(st.sampled_from(sorted(paths)))
            hop = draw(hops(table, parent))
            ways += [replace(path, hops=(hop, *path.hops)) for path in paths[parent].alternatives]
        ways = list(dict.fromkeys(ways))[:3]
        paths[table] = replace(ways[0], otherwise=tuple(ways[1:]))
    return Scheme(paths)


@st.composite
def hops(draw: st.DrawFn, table: str, parent: str) -> ForeignKey:
    kind = draw(st.sampled_from(["declared", "virtual", "code", "polymorphic", "named", "loose"]))
    here = f"{parent}_id"
    if kind == "declared":
        return foreign_key(table, here, parent)
    if kind == "code":
        return foreign_key(table, f"{parent}_code", parent, "code", virtual=draw(st.booleans()))
    if kind == "polymorphic":
        return foreign_key(table, "thing_id", parent, virtual=True, when=("thing", parent))
    if kind == "named":  # against the direction of a key: rows of `parent` name this one
        return foreign_key(table, "id", parent, f"{table}_named", virtual=True, first=True, of=draw(OF))
    return foreign_key(table, here, parent, virtual=True, loose=("numeric",) if kind == "loose" else ())


OF = st.sampled_from([None, ("role", "owner")])


def values_of(column: str) -> st.SearchStrategy[str | None]:
    if column == "tenant":
        return st.sampled_from([*TENANTS, "0", None])
    if column == "role":
        return st.sampled_from(["owner", "guest"])
    if column == "thing":
        return st.sampled_from([*NAMES])
    return st.sampled_from([*IDS, None])


@dataclass
class History:
    """A batch: the world before and after, and what was logged on the way."""

    scheme: Scheme
    before: World
    after: World
    log: list[LogEntry] = field(default_factory=list)

    def routing(self) -> Routing:
        ways = {public(table): Way(path) for table, path in self.scheme.paths.items()}
        return Routing(self.scheme.captured(), ways, self.log, Present(self.scheme, self.after))


@dataclass
class Present:
    """The rows of a world, and the questions that were asked of it."""

    scheme: Scheme
    world: World
    asked: list[str] = field(default_factory=list)

    def rows(self, relation: Relation, columns: tuple[str, ...], values: Collection[Key]) -> Iterator[Version]:
        self.asked.append(f"{relation} by {', '.join(columns)}")
        for row in self.world[relation.name].values():
            if tuple(row[column] for column in columns) in values:
                yield self._version(relation, row)

    def missing(self, relation: Relation, columns: tuple[str, ...], values: Collection[Key]) -> Iterator[Key]:
        self.asked.append(f"{relation} without {', '.join(columns)}")
        there = {tuple(row[column] for column in columns) for row in self.world[relation.name].values()}
        yield from (each for each in values if each not in there)

    def referencing(self, hop: ForeignKey, values: Collection[Key]) -> Iterator[Version]:
        self.asked.append(f"{hop.table} of {hop.referenced}")
        for row in self.world[hop.table.name].values():
            if hop.when is not None and row[hop.when[0]] != hop.when[1]:
                continue
            if tuple(row[column] for column in hop.columns) in values:
                yield self._version(hop.table, row)

    def _version(self, relation: Relation, row: Row) -> Version:
        return {name: row[name] for name in ("id", *self.scheme.columns(relation.name))}


@st.composite
def histories(draw: st.DrawFn) -> History:
    scheme = draw(schemes())
    world: World = {table: {} for table in scheme.paths}
    for table in scheme.paths:
        for id_ in draw(st.sets(st.sampled_from(IDS))):
            world[table][id_] = {"id": id_, "body": "", **{c: draw(values_of(c)) for c in scheme.columns(table)}}
    history = History(scheme, {}, world)
    settle(history)
    history.log.clear()
    history.before = {table: {id_: dict(row) for id_, row in rows.items()} for table, rows in world.items()}
    for _ in range(draw(st.integers(0, 6))):
        change(draw, history)
    settle(history)
    return history


def change(draw: st.DrawFn, history: History) -> None:
    """One statement of one row, or a TRUNCATE."""
    table = draw(st.sampled_from(sorted(history.scheme.paths)))
    rows = history.after[table]
    id_ = draw(st.sampled_from(IDS))
    columns = history.scheme.columns(table)
    kind = draw(st.sampled_from(["write"] * 6 + ["delete"] * 3 + ["rename"] * 2 + ["truncate"]))
    if kind == "truncate":
        rows.clear()
        number = 1 + [*history.scheme.paths].index(table)
        history.log.append(LogEntry(number, None))
    elif kind == "delete":
        write(history, table, rows.get(id_), None)
    elif kind == "rename":
        other = draw(st.sampled_from(IDS))
        if id_ in rows and other not in rows:
            write(history, table, rows[id_], {**rows[id_], "id": other})
    elif id_ in rows:
        changed = draw(st.sets(st.sampled_from([*columns, "body"]), max_size=2))
        write(history, table, rows[id_], {**rows[id_], **{c: draw(values_of(c)) for c in changed}})
    else:
        write(history, table, None, {"id": id_, "body": "", **{c: draw(values_of(c)) for c in columns}})


def write(history: History, table: str, old: Row | None, new: Row | None) -> None:
    """Writes a row as the capture logs it: OLD always, NEW where it is new or what the log holds differs."""
    rows = history.after[table]
    if old is None and new is None:
        return
    if (
        new is not None
        and "code" in new
        and any(row["code"] == new["code"] is not None for row in rows.values() if row is not old)
    ):
        return  # codes are unique
    columns = history.scheme.columns(table)

    def entry(row: Row) -> LogEntry:
        number = 1 + [*history.scheme.paths].index(table)
        return LogEntry(number, (row["id"] or "",), tuple(row[column] for column in columns))

    if old is not None:
        del rows[old["id"] or ""]
        history.log.append(entry(old))
    if new is not None:
        rows[new["id"] or ""] = new
        if old is None or entry(old) != entry(new):
            history.log.append(entry(new))


def settle(history: History) -> None:
    """Deletes what references nothing by a declared key: no committed state has such rows."""
    dangling = True
    while dangling:
        dangling = False
        for hop in history.scheme.hops:
            if hop.virtual:
                continue
            there = {
                tuple(row[column] for column in hop.referenced_columns)
                for row in history.after[hop.referenced.name].values()
            }
            for row in list(history.after[hop.table.name].values()):
                values = tuple(row[column] for column in hop.columns)
                if None not in values and values not in there:
                    write(history, hop.table.name, row, None)
                    dangling = True


def tenant_of(row: Row, path: KeyPath, world: World) -> str | None:
    """Whose a row is, asked of the whole world: as the joins along its path and COALESCE would say."""
    for alternative in path.alternatives:
        here: Row | None = row
        for hop in alternative.hops:
            here = None if here is None else _parent(here, hop, world)
        if here is not None and alternative.column is not None:
            value = here[alternative.column]
            if value is not None and value != alternative.blank:
                return value
    return None


def _parent(row: Row, hop: ForeignKey, world: World) -> Row | None:
    if hop.when is not None and row[hop.when[0]] != hop.when[1]:
        return None
    wanted = [row[column] for column in hop.columns]
    if None in wanted:
        return None
    for id_ in sorted(world[hop.referenced.name]):
        parent = world[hop.referenced.name][id_]
        if hop.of is not None and parent[hop.of[0]] != hop.of[1]:
            continue
        if [parent[column] for column in hop.referenced_columns] == wanted:
            return parent
    return None


def overlooked(history: History, routing: Routing) -> Iterator[str]:
    """The rows that lie elsewhere, or are otherwise, than before and of which routing does not say so."""
    for table, path in history.scheme.paths.items():
        holders = routing.holders(public(table))
        if public(table) in routing.dirty.whole:
            continue
        for id_ in IDS:
            rows = [world[table].get(id_) for world in (history.before, history.after)]
            owners = [
                None if row is None else tenant_of(row, path, world)
                for row, world in zip(rows, (history.before, history.after), strict=True)
            ]
            if rows[0] == rows[1] and owners[0] == owners[1]:
                continue
            if (held := holders.get((id_,))) is None:
                yield f"{table} {id_} is dirty"
                continue
            for row, owner in zip(rows, owners, strict=True):
                if row is None:
                    continue
                if not (held.unowned or held.anybody if owner is None else held.may_be(owner, everyones=False)):
                    yield f"{table} {id_} of {owner} is held by {held}"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(histories())
def test_nothing_that_asking_everybody_would_see_is_overlooked(history: History) -> None:
    assert list(overlooked(history, history.routing())) == []


# -- and no more than that: orders of tenants, lines of orders, notes of lines -------------------------------------

ORDER, LINE = foreign_key("lines", "order_id", "orders"), foreign_key("notes", "line_id", "lines")
CHAIN = Scheme(
    {
        "orders": KeyPath((), public("orders"), "tenant"),
        "lines": KeyPath((ORDER,), public("orders"), "tenant"),
        "notes": KeyPath((LINE, ORDER), public("orders"), "tenant"),
    }
)


def chain(*, tree: TenantTree | None = None) -> History:
    """Order 1 of tenant 1 and order 2 of tenant 2, a line and a note each."""
    world: World = {"orders": {}, "lines": {}, "notes": {}}
    for id_ in "12":
        world["orders"][id_] = {"id": id_, "tenant": id_, "body": ""}
        world["lines"][id_] = {"id": id_, "order_id": id_, "body": ""}
        world["notes"][id_] = {"id": id_, "line_id": id_, "body": ""}
    return History(CHAIN, {}, world)


def only(tenant: str) -> Holders:
    return Holders(frozenset({tenant}))


def asked(routing: Routing, relations: Sequence[str]) -> list[str]:
    for relation in relations:
        routing.holders(public(relation))
    assert isinstance(routing.present, Present)
    return routing.present.asked


def test_a_new_order_with_its_lines_is_its_tenants_alone_and_asks_for_no_row_of_the_source() -> None:
    history = chain()
    write(history, "orders", None, {"id": "3", "tenant": "1", "body": ""})
    write(history, "lines", None, {"id": "3", "order_id": "3", "body": ""})
    routing = history.routing()
    assert routing.holders(public("orders")) == {("3",): only("1")}
    assert routing.holders(public("lines")) == {("3",): only("1")}
    questions = asked(routing, ["orders", "lines"])
    assert [question for question in questions if " of " in question] == []  # nobody's children are looked for


def test_a_changed_line_asks_for_its_order() -> None:
    history = chain()
    row = history.after["lines"]["1"]
    write(history, "lines", row, {**row, "body": "changed"})
    routing = history.routing()
    assert routing.holders(public("lines")) == {("1",): only("1")}
    assert "orders by id" in asked(routing, [])
    assert public("notes") not in routing.dirty.rows


def test_an_order_that_moves_takes_its_lines_and_notes_along() -> None:
    history = chain()
    row = history.after["orders"]["1"]
    write(history, "orders", row, {**row, "tenant": "2"})
    routing = history.routing()
    both = Holders(frozenset({"1", "2"}))
    assert routing.holders(public("lines")) == {("1",): both}
    assert routing.holders(public("notes")) == {("1",): both}


def test_lines_that_dangle_by_a_declared_key_are_dirty_with_their_order() -> None:
    history = chain()
    write(history, "orders", history.after["orders"]["1"], None)
    routing = history.routing()
    assert routing.holders(public("lines"))[("1",)].tenants == {"1"}


def test_a_truncated_table_makes_what_hangs_on_it_dirty_as_a_whole() -> None:
    history = chain()
    history.log.append(LogEntry(2, None))
    assert history.routing().dirty.whole == {public("lines"), public("notes")}


def test_a_table_without_a_key_is_dirty_as_a_whole() -> None:
    table = CapturedTable(1, public("events"), (), ("tenant",))
    ways = {public("events"): Way(KeyPath((), public("events"), "tenant"))}
    routing = Routing([table], ways, [LogEntry(1, None)], Present(CHAIN, {}))
    assert routing.dirty.whole == {public("events")}


def test_rows_below_the_top_of_a_tree_are_the_tops() -> None:
    tree = TenantTree(public("tenants"), "id", foreign_key("tenants", "parent_id", "tenants"))
    table = CapturedTable(1, public("orders"), ("id",), ("tenant",))
    ways = {public("orders"): Way(KeyPath((), public("orders"), "tenant"), tree)}
    routing = Routing([table], ways, [LogEntry(1, ("1",), ("7",))], Present(CHAIN, {}), {"7": "1", "1": "1"})
    assert routing.holders(public("orders")) == {("1",): only("1")}
    root = CapturedTable(2, public("tenants"), ("id",), ("parent_id",))
    entries = [LogEntry(1, ("1",), ("7",)), LogEntry(2, ("7",), ("1",))]
    assert (
        Routing([table, root], ways, entries, Present(CHAIN, {}), {"7": "1"}).holders(public("orders"))[("1",)].anybody
    )


def test_a_line_whose_orders_were_truncated_may_be_anybodys() -> None:
    history = chain()
    row = history.after["lines"]["1"]
    write(history, "lines", row, {**row, "body": "changed"})
    history.log.append(LogEntry(1, None))
    assert history.routing().holders(public("lines"))[("1",)].anybody


def test_a_reference_that_may_be_written_in_several_ways_is_anybodys() -> None:
    hop = foreign_key("lines", "order_id", "orders", virtual=True, loose=("numeric",))
    scheme = Scheme({"orders": CHAIN.paths["orders"], "lines": replace(CHAIN.paths["lines"], hops=(hop,))})
    history = History(scheme, {}, chain().after)
    row = history.after["lines"]["1"]
    write(history, "lines", row, {**row, "body": "changed"})
    assert history.routing().holders(public("lines"))[("1",)].anybody
