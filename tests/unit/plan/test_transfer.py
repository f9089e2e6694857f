"""Which columns travel, which sequences go on, and what is refused before a row is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.plan.transfer import (
    SequenceTransfer,
    Transfer,
    TransferColumn,
    has_own_hash,
    last_value,
    sequence_transfers,
    transfers_into,
)
from migrator.core.schema.catalog import Column, Relation, Sequence, Table
from migrator.errors import ConfigurationError
from migrator.settings import Settings
from tests.schema import catalog, column, key, public, table
from tests.unit.placement.test_place import TARGETS

ROOT = table("tenants", "id integer!", "code text!")
ITEMS = table(
    "items", "id bigint!", "tenant_id integer", "price numeric!", "note text", "old text",
    keys=(key("items", "tenant_id", "tenants"),),
)  # fmt: skip


def into(
    target: str, destination: Table | None, *, entry: Mapping[str, Any] | None = None, **more: Any
) -> tuple[Transfer, ...]:
    configured = Settings.model_validate(
        {
            "tenants": {"root": "tenants"},
            "targets": TARGETS,
            "tables": {"items": {"target": "tenant", **(entry or {})}},
            **more,
        }
    )
    source = catalog(ROOT, ITEMS)
    found: Placements = place(source, configured)
    there = catalog(*((destination,) if destination is not None else ()))
    return tuple(
        one for one in transfers_into(target, found, source, there, configured, {}) if one.relation == public("items")
    )


def test_columns_by_name_renamed_and_dropped() -> None:
    target = table("goods", "amount numeric!", "id bigint!", "tenant_id integer!", "note text", "added text")
    (one,) = into(
        "tenant", target, entry={"as": "goods", "columns": {"price": "amount", "old": ""}, "unowned": "quarantine"}
    )
    assert [(each.source, each.target) for each in one.columns] == [
        ("id", "id"), ("tenant_id", "tenant_id"), ("price", "amount"), ("note", "note"),
    ]  # fmt: skip
    assert one.destination == public("goods")
    assert not one.for_everyone
    assert not one.is_replica


def test_what_the_target_computes_is_compared_and_not_copied() -> None:
    target = table("items", "id bigint!", "tenant_id integer", "note text", "old text")
    target = replace(target, columns=(*target.columns, Column("price", "numeric", generated="s")))
    (one,) = into("tenant", target)
    assert "price" in {each.target for each in one.columns}
    assert "price" not in {each.target for each in one.copied}


@pytest.mark.parametrize(
    ("target", "entry", "said"),
    [
        (None, {}, "has no table items"),
        (table("items", "id bigint!"), {}, "has no column 'tenant_id'"),
        (
            replace(ITEMS, columns=(*ITEMS.columns, column("required text!"))),
            {},
            "nothing fills items.required of target 'tenant'",
        ),
        (
            table("items", "id bigint!", "tenant_id integer", "price numeric", "note text"),
            {"columns": {"old": "note"}},
            "two columns of the source would fill items.note",
        ),
    ],
)
def test_what_does_not_meet_is_refused(target: Table | None, entry: Mapping[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        into("tenant", target, entry=entry)
    assert said in caught.value.message
    assert caught.value.hint


def test_what_the_target_fills_by_itself_needs_no_source() -> None:
    more = (
        Column("made", "timestamptz", not_null=True, default="now()"),
        Column("serial", "bigint", not_null=True, identity="a"),
        Column("twice", "numeric", not_null=True, generated="s"),
    )
    (one,) = into("tenant", replace(ITEMS, columns=(*ITEMS.columns, *more)))
    assert {each.target for each in one.columns} == set(ITEMS.column_names)


def test_one_company_fills_its_key() -> None:
    target = table(
        "items", "id bigint!", "tenant_id integer", "price numeric", "note text", "old text", "company_id int!"
    )
    default = {"default": {"key": "7", "name": "TopSteel", "slug": "topsteel", "column": "company_id"}}
    (one,) = into("tenant", target, tenants=default)
    assert one.columns[-1] == TransferColumn("company_id", None, "7")
    assert one.columns[-1] in one.copied


def test_global_rows_in_shared_are_a_transfer_of_their_own() -> None:
    entry = {"unowned": "shared"}
    (home,) = into("tenant", ITEMS, entry=entry)
    (shared,) = into("shared", ITEMS, entry=entry)
    assert (home.unowned_only, home.for_everyone) == (False, False)
    assert (shared.unowned_only, shared.per_tenant, shared.is_replica) == (True, False, True)


def test_rows_are_hashed_alike_on_both_sides_or_as_text() -> None:
    target = table("items", "id integer!", "tenant_id integer", "price numeric!", "note varchar(10)", "old text")
    (one,) = into("tenant", target)
    types = {each.source: each.type for each in one.columns}
    assert types == {"id": "", "tenant_id": "integer", "price": "", "note": "", "old": "text"}
    assert one.record_hash
    assert not has_own_hash("numeric(12,2)")
    assert has_own_hash("character varying(20)")


# -- sequences --------------------------------------------------------------------------------------------------------


def sequence(name: str, last: int | None = None, **more: Any) -> Sequence:
    return Sequence(public(name), last_value=last, **more)


def transferred(source: list[Sequence], target: list[Sequence]) -> tuple[SequenceTransfer, ...]:
    tables = {"items": {"target": "tenant", "as": "goods"}}
    configured = Settings.model_validate({"tenants": {"root": "tenants"}, "targets": TARGETS, "tables": tables})
    placement = place(catalog(ROOT, ITEMS), configured).tables[public("items")]
    item = Transfer(placement, "tenant", True, (TransferColumn("ident", "id"), TransferColumn("number", "price")))
    return sequence_transfers(catalog(ROOT, ITEMS, sequences=tuple(source)), catalog(sequences=tuple(target)), (item,))


def test_a_sequence_is_found_through_renamed_tables_and_columns() -> None:
    found = transferred(
        [sequence("items_id_seq", 10, used_by=((public("items"), "id"),))],
        [sequence("goods_ident_seq", used_by=((public("goods"), "ident"),))],
    )
    assert found == (SequenceTransfer(public("goods_ident_seq"), (public("items_id_seq"),)),)


def test_one_that_no_column_draws_from_is_found_by_its_name() -> None:
    found = transferred([sequence("numbers")], [sequence("numbers"), sequence("new")])
    assert found == (SequenceTransfer(public("numbers"), (public("numbers"),)),)


def test_one_that_several_columns_draw_from_goes_on_behind_the_furthest() -> None:
    sources = [
        sequence("a", 10, used_by=((public("items"), "id"),)),
        sequence("b", 99, used_by=((public("items"), "price"),)),
    ]
    (found,) = transferred(sources, [sequence("c", used_by=((public("goods"), "ident"), (public("goods"), "number")))])
    assert found.sources == (public("a"), public("b"))
    known: dict[Relation, Sequence] = {one.relation: one for one in sources}
    assert last_value(found, known) == 99
    falling = {name: replace(one, increment=-1) for name, one in known.items()}
    assert last_value(found, falling) == 10
    unused = {name: replace(one, last_value=None) for name, one in known.items()}
    assert last_value(found, unused) is None
    assert last_value(found, {**unused, public("a"): known[public("a")]}) == 10
