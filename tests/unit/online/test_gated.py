"""What the gate looks at: a row's own paths, and the rest of every path that passes through its table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.core.online.gated import GatedTable, gate_refusals, gated_table
from migrator.core.online.refusals import OnlineFacts, online_refusals
from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Catalog, Table
from tests.schema import catalog, key, public, table
from tests.unit.placement.test_place import CLIENTS, ORDERS, TENANTS, UNITS, USERS, settings

LINES = table("lines", "id bigint!", "order_id bigint!", keys=(key("lines", "order_id", "orders"),))
FILES = table("files", "id bigint!", "of_type text!", "of_id bigint!")
POLYMORPHIC = {"type": "of_type", "id": "of_id", "tables": {"order": "orders", "client": "clients"}}


def placed(*tables: Table, configured: Mapping[str, Any] | None = None, **more: Any) -> tuple[Catalog, Placements]:
    known = catalog(*tables)
    return known, place(known, settings(configured, **more))


def labels(gated: GatedTable) -> set[str]:
    return {path.text for path, _ in gated.paths}


def test_a_row_has_its_own_path_and_that_of_whatever_hangs_on_it_is_the_same() -> None:
    _, placements = placed(TENANTS, USERS, CLIENTS, ORDERS, LINES)
    lines, orders, clients = (gated_table(placements, public(name)) for name in ("lines", "orders", "clients"))
    assert labels(lines) == {"lines.order_id -> orders.id, orders.client_id -> clients.id, clients.tenant_id"}
    assert labels(orders) == {"orders.client_id -> clients.id, clients.tenant_id"}
    assert labels(clients) == {"clients.tenant_id"}
    assert (lines.passed, orders.passed, clients.passed) == (False, True, True)
    assert not any(one.undivided for one in (lines, orders, clients))
    assert (lines.starts, orders.starts, clients.starts) == (("order_id",), ("client_id",), ("tenant_id",))


def test_a_table_of_everybody_is_nobodys_and_says_whose_other_rows_are() -> None:
    through = ["client_id -> clients.id", "clients.tenant_id"]
    _, placements = placed(
        TENANTS, USERS, UNITS, CLIENTS, ORDERS,
        configured={
            "clients": {"target": "shared"}, "units": {"target": "shared"},
            "orders": {"target": "tenant", "key_path": through},
        },
    )  # fmt: skip
    units, clients = gated_table(placements, public("units")), gated_table(placements, public("clients"))
    assert (units.paths, units.undivided, units.passed) == ((), True, False)
    assert (labels(clients), clients.undivided, clients.passed) == ({"clients.tenant_id"}, True, True)


def test_the_pair_of_a_polymorphic_reference_is_where_its_paths_begin() -> None:
    _, placements = placed(
        TENANTS, USERS, CLIENTS, ORDERS, FILES, configured={"files": {"target": "tenant", "polymorphic": [POLYMORPHIC]}}
    )
    files = gated_table(placements, public("files"))
    assert set(files.starts) == {"of_type", "of_id"}
    assert len(files.paths) == 1
    assert len(files.paths[0][0].alternatives) == 2
    assert gated_table(placements, public("orders")).passed


def test_in_a_tree_the_row_above_counts_and_its_key_is_watched() -> None:
    nodes = table(
        "tenants", "id integer!", "code text!", "parent_id integer", keys=(key("tenants", "parent_id", "tenants"),)
    )
    _, placements = placed(nodes, USERS, CLIENTS, tenants={"root": "tenants", "tree": "top", "parent": "parent_id"})
    root = gated_table(placements, public("tenants"))
    assert root.above is not None
    assert root.above.columns == ("parent_id",)
    assert labels(root) >= {"tenants.id", "tenants.parent_id -> tenants.id, tenants.id"}
    assert all(tree is not None for _, tree in root.paths)
    assert gated_table(placements, public("clients")).above is None


def test_what_the_gate_cannot_tell_is_refused_by_name() -> None:
    links = table(
        "links", "no bigint!", "flow_id bigint!", "client_id bigint!", pk="no",
        keys=(key("links", "client_id", "clients"),),
    )  # fmt: skip
    flows = table("flows", "id bigint!")
    path = ["id -> first of links.flow_id", "client_id -> clients.id", "clients.tenant_id"]
    known, placements = placed(
        TENANTS, USERS, CLIENTS, ORDERS, links, flows,
        configured={"flows": {"key_path": path}, "links": {"target": "tenant"}},
    )  # fmt: skip
    (first,) = gate_refusals(placements)
    assert first.relation == public("flows")
    assert "first row of links" in first.reason
    refused = [check for check in online_refusals(known, placements, (), OnlineFacts()) if check.state == "block"]
    assert [check.remedy for check in refused] == [first.remedy]

    _, placements = placed(TENANTS, USERS, CLIENTS, ORDERS)
    assert gate_refusals(placements) == ()
