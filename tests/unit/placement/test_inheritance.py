"""A table that inherits from another: the other's keys are its own, and the two stay together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema import key, public, table
from tests.unit.placement.test_place import CLIENTS, USERS, placed

PARENT = table("events", "id int!", "tenant_id integer!", keys=(key("events", "tenant_id", "tenants"),))
CHILD = table("clicks", "id int!", "tenant_id integer!", "x int", pk="", parents=(public("events"),))


def test_keys_are_handed_down_as_keys_that_nobody_declared() -> None:
    found = placed(PARENT, CHILD)
    path = found.tables[public("clicks")].key_path
    assert path is not None
    assert path.label == ("clicks.tenant_id",)
    (handed_down,) = (one for one in found.severed if one.table == public("clicks"))
    assert (handed_down.virtual, handed_down.validated, handed_down.evidence) == (True, False, "as events declares it")


def test_a_configured_key_path_is_handed_down_too() -> None:
    items = table("items", "id int!", "client_id bigint!", "owner integer!")
    kinds = table("kinds", "id int!", "client_id bigint!", "owner integer!", pk="", parents=(public("items"),))
    for configured, label in (
        ({"key": "owner"}, ("kinds.owner",)),
        (
            {"key_path": ["client_id -> clients.id", "clients.tenant_id"]},
            ("kinds.client_id -> clients.id", "clients.tenant_id"),
        ),
    ):
        found = placed(USERS, CLIENTS, items, kinds, configured={"items": {"target": "tenant", **configured}})
        path = found.tables[public("kinds")].key_path
        assert path is not None
        assert path.label == label


def test_a_child_without_a_way_goes_where_its_parent_goes() -> None:
    units = table("units", "code text!", pk="code")
    metric = table("metric_units", "code text!", "factor int", pk="", parents=(public("units"),))
    found = placed(units, metric, configured={"units": {"target": "shared"}})
    assert found.tables[public("metric_units")].target == "shared"
    assert found.tables[public("metric_units")].reason == "it inherits from units"


@pytest.mark.parametrize("apart", [{"target": "shared"}, {"replicate": ["shared"]}])
def test_a_child_apart_from_its_parent_is_undecided(apart: dict[str, Any]) -> None:
    found = placed(PARENT, CHILD, configured={"clicks": apart})
    (undecided,) = found.undecided
    assert undecided.relation == public("clicks")
    assert undecided.reason == "it inherits from events, which goes to tenant: the two have to be together"


def test_a_child_of_a_table_that_is_left_behind_is_undecided() -> None:
    found = placed(PARENT, CHILD, configured={"events": {"ignore": "old"}})
    assert [one.reason for one in found.undecided] == [
        "it inherits from events, which is left behind: the two have to be together"
    ]
