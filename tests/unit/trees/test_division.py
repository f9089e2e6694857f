"""The source's DDL divided among targets: with its tables, where it is needed, or reported."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrator.core.schema.catalog import Relation
from migrator.core.trees.calling_checks import CallingCheck, without_unreadable_checks
from migrator.core.trees.division import Division, Entry, LeftOut, divide, script_files, without_parts
from tests.schema import public

AUTH, TENANT = frozenset({"auth"}), frozenset({"tenant"})
USERS = Entry(10, "TABLE", "public.users", "CREATE TABLE public.users ();", (), "public", public("users"))
ORDERS = Entry(11, "TABLE", "public.orders", "CREATE TABLE public.orders ();", (), "public", public("orders"))
HOMES = {public("users"): AUTH, public("orders"): TENANT}


def mentions(text: str) -> Iterator[Relation]:
    yield from (public(name) for name in re.findall(r"FROM (\w+)", text))


def divided(*entries: Entry) -> Division:
    return divide(entries, HOMES, ("auth", "tenant"), mentions=mentions)


def places(found: Division, entry: Entry) -> set[str]:
    return {target for target, entries in found.targets.items() if entry in entries}


def function(id_: int, name: str, body: str, *needs: int) -> Entry:
    return Entry(
        id_, "FUNCTION", f"public.{name}()", f"CREATE FUNCTION public.{name}() AS $$ {body} $$;", needs, "public"
    )


def test_what_needs_no_table_goes_where_it_is_needed_and_otherwise_everywhere() -> None:
    used = Entry(1, "TYPE", "public.mood", "CREATE TYPE public.mood;", (), "public")
    unused = Entry(2, "TYPE", "public.other", "CREATE TYPE public.other;", (), "public")
    orders = Entry(11, "TABLE", "public.orders", "…", (1,), "public", public("orders"))
    found = divided(used, unused, USERS, orders)
    assert places(found, used) == {"tenant"}
    assert places(found, unused) == {"auth", "tenant"}
    assert found.left == ()


def test_a_function_goes_with_the_tables_that_its_text_names() -> None:
    one = function(3, "one", "SELECT 1 FROM orders")
    caller = function(4, "caller", "SELECT one()")
    found = divided(one, caller, USERS, ORDERS)
    assert places(found, one) == places(found, caller) == {"tenant"}


def test_what_needs_tables_of_two_targets_is_reported_and_so_is_its_trigger() -> None:
    both = function(3, "both", "SELECT 1 FROM orders; SELECT 2 FROM users")
    comment = Entry(4, "COMMENT", "FUNCTION both()", "COMMENT …", (3,))
    trigger = Entry(20, "TRIGGER", "public.orders t", "CREATE TRIGGER t", (11, 3), "public")
    found = divided(both, comment, USERS, ORDERS, trigger)
    assert [(one.entry, one.spans) for one in found.left] == [(both, True), (trigger, True)]
    assert "orders (tenant), users (auth)" in found.left[0].reason
    assert not places(found, comment)


def test_a_table_takes_the_function_of_its_default_along() -> None:
    reader = function(3, "reader", "SELECT 1 FROM users")
    orders = Entry(11, "TABLE", "public.orders", "…", (3,), "public", public("orders"))
    found = divided(reader, USERS, orders)
    assert places(found, reader) == {"auth", "tenant"}
    assert "because table public.orders needs it" in found.warnings[0]


def test_a_check_whose_function_reads_elsewhere_is_dropped_and_reported() -> None:
    reader, own = function(3, "reader", "SELECT 1 FROM users"), function(4, "own", "SELECT 1 FROM orders")
    orders = Entry(11, "TABLE", "public.orders", "…", (3, 4), "public", public("orders"))
    division = divided(reader, own, USERS, orders)
    checks = [
        CallingCheck(public("orders"), name, public(name), f"ADD {name}", f"DROP {name}") for name in ("reader", "own")
    ]
    found = without_unreadable_checks(division, checks, HOMES)
    assert [entry.sql for entry in found.targets["tenant"][len(division.targets["tenant"]) :]] == ["DROP reader"]
    assert found.targets["auth"] == division.targets["auth"]
    (left,) = found.left
    assert (left.entry.title, left.entry.sql, left.spans) == (
        "check constraint public.orders reader", "ADD reader", True,
    )  # fmt: skip
    assert left.reason == "its function reads users (auth), which tenant will not have"


def test_a_foreign_key_across_targets_is_left_out() -> None:
    key = Entry(30, "FK CONSTRAINT", "public.orders orders_user_id_fkey", "ALTER TABLE …", (11, 10), "public")
    found = divided(USERS, ORDERS, key)
    assert [one.entry for one in found.left] == [key]


def test_a_sequence_of_one_table_that_another_target_draws_from_is_in_both() -> None:
    sequence = Entry(5, "SEQUENCE", "public.no", "CREATE SEQUENCE public.no;", (10,), "public")
    owned = Entry(6, "SEQUENCE OWNED BY", "public.no", "ALTER SEQUENCE …", (5,), "public")
    drawn = Entry(7, "DEFAULT", "public.orders no", "ALTER TABLE …", (11, 5), "public")
    found = divided(USERS, ORDERS, sequence, owned, drawn)
    assert places(found, sequence) == {"auth", "tenant"}
    assert places(found, owned) == {"auth"}
    assert places(found, drawn) == {"tenant"}


def test_a_table_without_a_place_leaves_nothing_behind_in_silence() -> None:
    lost = Entry(12, "TABLE", "public.lost", "…", (), "public", public("lost"))
    index = Entry(13, "INDEX", "public.lost_idx", "…", (12,), "public")
    found = divided(USERS, lost, index)
    assert [(one.entry, one.reason) for one in found.left] == [
        (lost, "lost has no target"), (index, "lost has no target"),
    ]  # fmt: skip


def test_what_is_told_of_a_table_that_is_left_out_is_the_table() -> None:
    lost = Entry(12, "TABLE", "public.lost", "…", (), "public", public("lost"))
    index = Entry(13, "INDEX", "public.lost_idx", "…", (12,), "public")
    key = Entry(14, "CONSTRAINT", "public.lost lost_pkey", "…", (12,), "public")
    sequence = Entry(15, "SEQUENCE", "public.lost_id_seq", "…", (), "public")
    owned = Entry(16, "SEQUENCE OWNED BY", "public.lost_id_seq", "…", (15, 12), "public")
    default = Entry(17, "DEFAULT", "public.lost id", "…", (12, 15), "public")
    reference = Entry(18, "FK CONSTRAINT", "public.orders orders_lost_fkey", "…", (11, 12), "public")
    alone = Entry(19, "SEQUENCE", "public.loose", "…", (), "public")
    left = [LeftOut(one, "") for one in (lost, index, key, sequence, owned, default, reference, alone)]
    assert [one.entry for one in without_parts(left)] == [lost, reference, alone]


def test_files_keep_the_order_of_the_entries_and_comments_stay_with_their_object() -> None:
    comment = Entry(40, "COMMENT", "TABLE users", "COMMENT ON TABLE public.users IS 'x';", (10,))
    view = Entry(41, "VIEW", "public.v", "CREATE VIEW public.v;", (10,), "public")
    files = script_files((USERS, comment, view, ORDERS), last=("REFRESH MATERIALIZED VIEW m;",))
    assert [one.name for one in files] == ["001_tables.sql", "002_views.sql", "003_tables_2.sql", "004_refresh.sql"]
    assert files[0].text.index("CREATE TABLE") < files[0].text.index("COMMENT ON")
