"""New numbers reach every row that references the renumbered one: over all kinds of keys, and no other row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrator.core.changes.renumber import NewNumber, array_text, number_column, renumber, to_renumber
from migrator.core.changes.row_changes import Conflict, DatabaseChanges, RowChange
from migrator.core.schema.catalog import ForeignKey, Relation, Table
from tests.schema import catalog, public, table

ORDERS = table("orders", "id bigint! ids", "parent_id bigint", "owner_id bigint")
LINES = table("lines", "order_id bigint!", "line int!")
TAGS = table("tags", "order_id bigint", "line int", "label text")
NOTES = table("notes", "id bigint!", "on_type text", "on_id text")


def keyed(one: Table, *key: str) -> Table:
    return replace(one, primary_key=key, unique_keys=(key,))


CATALOG = catalog(keyed(ORDERS, "id"), keyed(LINES, "order_id", "line"), keyed(TAGS, "label"), keyed(NOTES, "id"))


def key(child: str, columns: tuple[str, ...], parent: str, referenced: tuple[str, ...], **more: object) -> ForeignKey:
    return ForeignKey("", public(child), columns, public(parent), referenced, **more)  # type: ignore[arg-type]


REFERENCES = (
    key("orders", ("parent_id",), "orders", ("id",)),
    key("lines", ("order_id",), "orders", ("id",)),
    key("tags", ("order_id", "line"), "lines", ("order_id", "line")),
    key("notes", ("on_id",), "orders", ("id",), virtual=True, when=("on_type", "Order"), as_text=True),
)


def row(name: str, key_: str, kind: str = "inserted", **values: str | None) -> RowChange:
    return RowChange(public(name), key_, kind, values)  # type: ignore[arg-type]


def part(*rows: RowChange, database: str = "acme", tenant: str = "1") -> DatabaseChanges:
    return DatabaseChanges("tenant", tenant, database, rows)


NUMBER = NewNumber("acme", public("orders"), "{61}", "id", "900")


def renewed(*rows: RowChange, number: NewNumber = NUMBER) -> list[tuple[str, dict[str, str | None]]]:
    (found,) = renumber((part(*rows),), (number,), REFERENCES, CATALOG)
    return [(one.key, dict(one.values)) for one in found.rows]


def test_a_row_gets_its_number_and_what_references_it_follows() -> None:
    found = renewed(
        row("orders", "{61}", id="61", parent_id=None, owner_id="61"),
        row("orders", "{62}", id="62", parent_id="61", owner_id=None),
        row("orders", "{5}", "updated", id="5", parent_id="61", owner_id="61"),
        row("lines", "{61,1}", order_id="61", line="1"),
        row("tags", "{x}", order_id="61", line="1", label="x"),
        row("tags", "{y}", order_id="7", line="1", label="y"),
        row("notes", "{1}", id="1", on_type="Order", on_id="61"),
        row("notes", "{2}", id="2", on_type="Customer", on_id="61"),
    )
    assert found == [
        ("{900}", {"id": "900", "parent_id": None, "owner_id": "61"}),  # no key says that owner_id is an order
        ("{62}", {"id": "62", "parent_id": "900", "owner_id": None}),
        ("{5}", {"id": "5", "parent_id": "900", "owner_id": "61"}),
        ("{900,1}", {"order_id": "900", "line": "1"}),
        ("{x}", {"order_id": "900", "line": "1", "label": "x"}),
        ("{y}", {"order_id": "7", "line": "1", "label": "y"}),
        ("{1}", {"id": "1", "on_type": "Order", "on_id": "900"}),
        ("{2}", {"id": "2", "on_type": "Customer", "on_id": "61"}),
    ]


def test_a_row_that_references_itself_does_so_by_its_new_number() -> None:
    assert renewed(row("orders", "{61}", id="61", parent_id="61", owner_id=None)) == [
        ("{900}", {"id": "900", "parent_id": "900", "owner_id": None})
    ]


def test_rows_that_are_gone_and_those_of_other_databases_keep_their_values() -> None:
    line = row("lines", "{61,1}", "deleted", order_id="61", line="1")
    other = part(row("lines", "{61,2}", order_id="61", line="2"), database="bolt", tenant="2")
    mine = part(row("orders", "{61}", id="61", parent_id=None, owner_id=None), line)
    found = renumber((mine, other), (NUMBER,), REFERENCES, CATALOG)
    assert found[0].rows[1] == line
    assert found[1] == other


def test_a_row_of_all_tenants_is_followed_in_their_databases_where_they_have_none_themselves() -> None:
    shared = part(row("orders", "{61}", id="61", parent_id=None, owner_id=None), database="shared", tenant="")
    without = part(row("lines", "{61,1}", order_id="61", line="1"), database="acme")
    within = part(
        row("orders", "{61}", id="61", parent_id=None, owner_id=None),
        row("lines", "{61,1}", order_id="61", line="1"),
        database="bolt",
        tenant="2",
    )
    number = replace(NUMBER, database="shared")
    found = {one.database: one for one in renumber((within, without, shared), (number,), REFERENCES, CATALOG)}
    assert found["acme"].rows[0].key == "{900,1}"
    assert found["bolt"] == within


def test_what_an_attempt_before_has_carried_back_cancels_out() -> None:
    new = {"id": "900", "parent_id": None, "owner_id": None}
    mine = row("orders", "{61}", id="61", parent_id=None, owner_id=None)
    assert renewed(mine, row("orders", "{900}", "deleted", **new)) == []
    # Changed in between: it is written again, under the number that it has.
    (found,) = renumber(
        (part(mine, row("orders", "{900}", "deleted", **{**new, "owner_id": "4"})),), (NUMBER,), REFERENCES, CATALOG
    )
    assert [(one.kind, one.key) for one in found.rows] == [("updated", "{900}")]


def conflict(change: RowChange, *taken: str) -> Conflict:
    return Conflict("acme", change, "duplicate key", taken, tenant="1")


def test_only_rows_whose_own_number_is_taken_get_another() -> None:
    order = conflict(row("orders", "{61}", id="61", parent_id=None, owner_id=None), "id")
    child = conflict(row("orders", "{62}", id="62", parent_id="61", owner_id=None), "id")
    line = conflict(row("lines", "{61,1}", order_id="61", line="1"), "order_id", "line")
    alone = conflict(row("lines", "{7,1}", order_id="7", line="1"), "order_id", "line")
    natural = conflict(row("tags", "{x}", order_id="7", line="1", label="x"), "label")
    found = to_renumber((order, child, line, alone, natural), REFERENCES, CATALOG)
    assert [(one, column) for one, column in found] == [(order, "id"), (child, "id"), (alone, "order_id")]


def test_a_number_of_a_sequence_goes_before_any_other() -> None:
    assert number_column(("owner_id", "id"), CATALOG.tables[public("orders")]) == "id"
    assert number_column(("label",), CATALOG.tables[public("tags")]) == ""


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (("61", "1"), "{61,1}"),
        (("a b", 'q"', "\\", "", None, "null"), '{"a b","q\\"","\\\\","",NULL,"null"}'),
        (("{", "a,b"), '{"{","a,b"}'),
    ],
)
def test_keys_are_written_as_the_server_writes_arrays(values: tuple[str | None, ...], text: str) -> None:
    assert array_text(values) == text


def test_a_number_survives_the_journal() -> None:
    assert NewNumber.from_document(NUMBER.to_document()) == NUMBER
    assert isinstance(NUMBER.relation, Relation)
