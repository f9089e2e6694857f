"""The difference of two watches: each thing that no trigger sees makes its table suspect, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from migrator.core.online.watch import Missed, Watch, WatchedRelation, by_number, missed
from tests.schema import public

ORDERS = WatchedRelation(1, public("orders"), 101, 501, (), "c1", "t1 10", fires=True)
EVENTS = WatchedRelation(2, public("events"), 102, 0, (), "c2", "t2 10", fires=True, holds_rows=False)
PART = WatchedRelation(2, public("events_2024"), 103, 503, (102,), "c2", "t3 10", fires=True)
BEFORE = Watch("sys", 1, "e1", "monday", (ORDERS, EVENTS, PART))


def now(relation: WatchedRelation, **changed: Any) -> Watch:
    return replace(
        BEFORE, relations=tuple(replace(one, **changed) if one == relation else one for one in BEFORE.relations)
    )


def kinds(found: Missed) -> list[tuple[str, str]]:
    return [(str(suspect.relation), suspect.kind) for suspect in found.suspects]


def test_it_is_kept_as_text() -> None:
    assert Watch.parse(BEFORE.text) == BEFORE


def test_nothing_happened() -> None:
    assert missed(BEFORE, BEFORE) == Missed()


@pytest.mark.parametrize(
    ("relation", "changed", "kind"),
    [
        (ORDERS, {"file": 502}, "rewritten"),
        (PART, {"file": 504}, "rewritten"),
        (ORDERS, {"columns": "c3"}, "columns"),
        (ORDERS, {"trigger": "t1 11"}, "trigger"),
        (EVENTS, {"trigger": ""}, "trigger"),
        (PART, {"parents": ()}, "partitions"),
        (ORDERS, {"number": 1, "oid": 110}, "partitions"),
    ],
)
def test_each_makes_its_table_suspect(relation: WatchedRelation, changed: dict[str, Any], kind: str) -> None:
    found = missed(BEFORE, now(relation, **changed))
    assert (str(relation.relation), kind) in kinds(found)
    assert found.numbers == {relation.number}
    assert found.void == ()


@pytest.mark.parametrize("changed", [{"trigger": ""}, {"fires": False}])
def test_without_a_trigger_that_always_fires_what_comes_is_not_captured_either(changed: dict[str, Any]) -> None:
    assert ("orders", "uncaptured") in kinds(missed(BEFORE, now(ORDERS, **changed)))
    # From the first time that one looks, and for as long as it lasts.
    assert ("orders", "uncaptured") in kinds(missed(now(ORDERS, **changed), now(ORDERS, **changed)))


def test_a_table_that_is_dirty_as_a_whole_may_be_written_anew() -> None:
    assert missed(BEFORE, now(ORDERS, file=502), {1}) == Missed()
    assert kinds(missed(BEFORE, now(ORDERS, file=502, columns="c3"), {1})) == [("orders", "columns")]


def test_partitions_come_and_go() -> None:
    without = replace(BEFORE, relations=(ORDERS, EVENTS))
    assert kinds(missed(BEFORE, without)) == [("events_2024", "partitions")]
    assert kinds(missed(without, BEFORE)) == [("events_2024", "partitions")]


def test_a_table_that_is_captured_since_is_not_followed_from_before() -> None:
    later = replace(ORDERS, number=3, relation=public("later"), oid=120)
    assert missed(BEFORE, replace(BEFORE, relations=(*BEFORE.relations, later))) == Missed()


def test_a_table_that_got_another_number_is_suspect() -> None:
    found = missed(BEFORE, now(ORDERS, number=4, trigger="t9 12"))
    assert kinds(found) == [("orders", "replaced")]
    assert found.numbers == {4}


def test_what_is_unlogged_may_be_empty_after_a_crash() -> None:
    restarted = replace(BEFORE, started="tuesday")
    assert missed(BEFORE, restarted) == Missed()
    unlogged = replace(BEFORE, relations=(replace(ORDERS, logged=False), EVENTS, PART))
    assert missed(unlogged, unlogged) == Missed()
    assert kinds(missed(unlogged, replace(unlogged, started="tuesday"))) == [("orders", "emptied")]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"system_identifier": "other"}, "another server"),
        ({"timeline": 2}, "timeline is 2, it was 1"),
        ({"epoch": "e2"}, "taken away"),
        ({"epoch": ""}, "taken away"),
    ],
)
def test_positions_of_before_are_void(changed: dict[str, Any], said: str) -> None:
    (reason,) = missed(BEFORE, replace(BEFORE, **changed)).void
    assert said in reason
    assert missed(BEFORE, replace(BEFORE, **changed)).suspects == ()


def test_suspects_by_table() -> None:
    found = missed(BEFORE, replace(BEFORE, relations=(replace(ORDERS, file=9, columns="x"), EVENTS)))
    assert {number: len(suspects) for number, suspects in by_number(found.suspects).items()} == {1: 2, 2: 1}
