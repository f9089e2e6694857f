"""The rules on keys and relations."""

from __future__ import annotations

from migrator.core.audit.facts import LooseConstraint, ReferenceRows
from tests.audit_facts import facts, found, index, severities
from tests.schema import key, public, table


def test_g01_names_tables_without_primary_key_and_what_can_become_one() -> None:
    known = facts(
        table("imported", "row integer", "id text", pk=""),
        table("codes", "code text!", "label text", pk="", unique=("code",)),
        table("loose", "code text", pk="", unique=("code",)),
        table("fine", "id integer!"),
    )
    assert severities("G01", known) == {"public.imported": "E", "public.codes": "E", "public.loose": "E"}
    fixes = {name: finding.sql_fix for name, finding in found("G01", known).items()}
    assert fixes["public.codes"] == "ALTER TABLE public.codes ADD CONSTRAINT codes_pkey PRIMARY KEY (code);"
    assert "ADD COLUMN row_id bigint GENERATED ALWAYS AS IDENTITY" in fixes["public.imported"]


def test_g01_only_informs_about_a_table_that_is_left_behind() -> None:
    known = facts(table("imported", "row integer", pk=""), configured={"imported": {"ignore": "old"}})
    assert severities("G01", known) == {"public.imported": "I"}


def test_g03_looks_through_domains_and_at_lengths() -> None:
    parent = table("parent", "id bigint!", "code character varying(10)!", unique=("code",))
    child = table(
        "child", "id bigint!", "parent_id integer", "code character varying(20)", "same public.identifier",
        keys=(
            key("child", "parent_id", "parent"),
            key("child", "code", "parent", "code"),
            key("child", "same", "parent"),
        ),
    )  # fmt: skip
    known = facts(parent, child, domains={"public.identifier": "bigint"})
    assert severities("G03", known) == {
        "public.child(parent_id)->public.parent(id)": "W",
        "public.child(code)->public.parent(code)": "W",
    }


def test_g04_names_constraints_and_what_violates_them() -> None:
    keys = tuple(key("lines", column, "lines", validated=False) for column in ("order_id", "next_id"))
    lines = table("lines", "id bigint!", "order_id bigint", "next_id bigint", keys=keys)
    known = facts(
        lines,
        loose_constraints=(
            LooseConstraint(public("lines"), "lines_order_id_fkey", "f", "FOREIGN KEY (order_id) … NOT VALID"),
            LooseConstraint(public("lines"), "lines_next_id_fkey", "f", "FOREIGN KEY (next_id) … NOT VALID"),
            LooseConstraint(public("lines"), "positive", "c", "CHECK (id > 0) NOT ENFORCED", enforced=False),
            LooseConstraint(public("price"), "positive", "c", "CHECK (VALUE > 0) NOT VALID", domain=True),
        ),
        references=(ReferenceRows(keys[0], orphans=2), ReferenceRows(keys[1])),
    )
    findings = found("G04", known)
    assert {name for name, finding in findings.items() if finding.severity == "W"} == {
        "public.lines(lines_next_id_fkey)"
    }
    assert findings["public.lines(lines_order_id_fkey)"].detail == (
        "The foreign key is NOT VALID: FOREIGN KEY (order_id) …. 2 rows violate it (S07)."
    )
    # A statement that would only fail is none that mends.
    assert findings["public.lines(lines_order_id_fkey)"].sql_fix == ""
    assert findings["public.lines(lines_next_id_fkey)"].sql_fix.endswith(" VALIDATE CONSTRAINT lines_next_id_fkey;")
    assert findings["public.lines(positive)"].sql_fix == ""
    assert findings["public.price(positive)"].sql_fix == "ALTER DOMAIN public.price VALIDATE CONSTRAINT positive;"


def test_g11_names_composite_keys_that_a_null_switches_off() -> None:
    columns = ("id bigint!", "a integer!", "b integer")
    known = facts(
        table("simple", *columns, keys=(key("simple", "a, b", "parent", "a, b"),)),
        table("full", *columns, keys=(key("full", "a, b", "parent", "a, b", match="f"),)),
        table("single", *columns, keys=(key("single", "b", "parent"),)),
        table("parent", "id integer!", "a integer!", "b integer!", unique=("a, b",)),
    )
    assert severities("G11", known) == {"public.simple(a, b)->public.parent(a, b)": "W"}


def test_g18_names_the_second_of_two_equal_keys_and_keeps_the_valid_one() -> None:
    twice = table(
        "child", "id bigint!", "parent_id bigint",
        keys=(
            key("child", "parent_id", "parent", name="a_unchecked", validated=False),
            key("child", "parent_id", "parent", name="b_checked"),
        ),
    )  # fmt: skip
    known = facts(twice, table("parent", "id bigint!"))
    assert severities("G18", known) == {"public.child(a_unchecked)": "I"}


def test_names_are_quoted_where_sql_needs_it() -> None:
    known = facts(table("Order", "user integer", pk=""), indexes=(index("Order", "user", name="Order_pkey"),))
    (finding,) = found("G01", known).values()
    assert finding.sql_fix.startswith('ALTER TABLE public."Order" ADD COLUMN id bigint')


def test_g12_names_unique_keys_with_columns_that_may_be_null() -> None:
    known = facts(
        table("t", "id bigint!", "a text", "b text", "c text!"),
        indexes=(
            index("t", "c, a, b", unique=True),
            index("t", "a", unique=True),
            index("t", "c", unique=True),
            index("t", "a, c", name="alike", unique=True, nulls_distinct=False),
            index("t", "a, c", name="ordinary"),
            index("t", "b, c", name="known", unique=True, predicate="(b IS NOT NULL)"),
        ),
    )
    assert severities("G12", known) == {"public.t_c_a_b_idx": "I", "public.t_a_idx": "I"}
    finding = found("G12", known)["public.t_c_a_b_idx"]
    assert finding.detail == "On t, a, b may be NULL."
    assert finding.sql_fix.startswith("ALTER TABLE public.t ALTER COLUMN a SET NOT NULL; ALTER TABLE")


def test_g12_is_silent_where_another_unique_index_minds_the_rows_without() -> None:
    settings = table("settings", "id bigint!", "company_id bigint", "name text!")
    pair = index("settings", "company_id, name", unique=True)
    apart = index("settings", "name", unique=True, predicate="(company_id IS NULL)")
    assert set(found("G12", facts(settings, indexes=(pair,)))) == {"public.settings_company_id_name_idx"}
    assert found("G12", facts(settings, indexes=(pair, apart))) == {}
