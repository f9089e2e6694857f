"""Placement: every table has a home and a key path, or says what is to be decided; and what cannot be configured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.placement.model import Placement, Placements
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table
from migrator.errors import ConfigurationError
from migrator.settings import Settings
from tests.schema import catalog, column, key, public, table

TARGETS: Mapping[str, Any] = {
    "auth": {"database": "{prefix}_auth", "migrations": "auth"},
    "shared": {"database": "{prefix}_shared", "migrations": "shared"},
    "tenant": {"database": "{prefix}_{slug}", "migrations": "tenant", "per_tenant": True},
}
TENANTS = table("tenants", "id integer!", "code text!", "old_code text", unique=("code", "old_code"))
USERS = table("users", "id bigint!", "email text!")
CLIENTS = table(
    "clients", "id bigint!", "tenant_id integer!", "created_by bigint",
    keys=(key("clients", "tenant_id", "tenants"), key("clients", "created_by", "users")),
)  # fmt: skip
ORDERS = table("orders", "id bigint!", "client_id bigint!", keys=(key("orders", "client_id", "clients"),))
UNITS = table("units", "code text!", pk="code")


def settings(tables: Mapping[str, Any] | None = None, **more: Any) -> Settings:
    return Settings.model_validate({"tenants": {"root": "tenants"}, "targets": TARGETS, "tables": tables or {}, **more})


def placed(*tables: Table, configured: Mapping[str, Any] | None = None, **more: Any) -> Placements:
    return place(catalog(TENANTS, *tables), settings(configured, **more))


def test_homes_and_reasons() -> None:
    found = placed(USERS, CLIENTS, ORDERS, configured={"users": {"target": "auth"}})
    homes = {str(one.relation): (one.target, one.per_tenant) for one in found.tables.values()}
    assert homes == {
        "tenants": ("auth", False),
        "users": ("auth", False),
        "clients": ("tenant", True),
        "orders": ("tenant", True),
    }
    assert found.undecided == ()
    assert (found.tenant_root, found.root_key) == (public("tenants"), "id")
    assert found.tables[public("users")].reason == "configured"
    assert "1 hop" in found.tables[public("orders")].reason


def test_a_path_over_the_first_of_several_rows() -> None:
    links = table("links", "no bigint!", "flow_id bigint!", "role text", "client_id bigint!", pk="no")
    flows = table("flows", "id bigint!")
    path = ["id -> first of links.flow_id where role = 'the ''owner'''", "client_id -> clients.id", "clients.tenant_id"]
    found = placed(CLIENTS, flows, links, configured={"flows": {"key_path": path}, "links": {"target": "tenant"}})
    key_path = found.tables[public("flows")].key_path
    assert key_path is not None
    assert (key_path.hops[0].first, key_path.hops[0].of) == (True, ("role", "the 'owner'"))
    assert key_path.label[0] == "flows.id -> first of links.flow_id where role = 'the ''owner'''"
    # It says whose a row is, and is no reference that must hold.
    assert [one.label for one in found.virtual_keys if one.table == public("flows")] == []


@pytest.mark.parametrize(
    ("hop", "message"),
    [
        ("id -> links.flow_id", "links.flow_id is not unique"),
        ("id -> links.flow_id where role = 'owner'", "links.flow_id, role is not unique"),
        ("id -> first of links.flow_id where rank = '1'", "no column 'rank'"),
        ("id -> first of loose.flow_id", "no primary key"),
    ],
)
def test_a_path_over_one_of_several_rows_says_which(hop: str, message: str) -> None:
    links = table("links", "no bigint!", "flow_id bigint!", "role text", "tenant_id integer!", pk="no")
    loose = table("loose", "flow_id bigint!", "tenant_id integer!", pk="")
    path = [hop, f"{'loose' if 'loose' in hop else 'links'}.tenant_id"]
    with pytest.raises(ConfigurationError, match=message):
        placed(table("flows", "id bigint!"), links, loose, configured={"flows": {"key_path": path}})


def test_a_pattern_decides_what_no_entry_of_their_own_does() -> None:
    history = [table(f"history_{name}", "id bigint!", "client_id bigint") for name in ("a", "b", "c")]
    found = placed(
        CLIENTS, UNITS, *history,
        configured={
            "history_a": {"target": "auth"},
            "history_b": {"decide": ["tenant", "shared"], "virtual": ["client_id -> clients.id"]},
            "history_*": {"target": "tenant", "reason": "what happened", "unowned": "quarantine"},
            "*s": {"target": "shared"}, "clients": {"target": "tenant"}, "tenants": {"target": "auth"},
        },
    )  # fmt: skip
    homes = {one.relation.name: one.target for one in found.tables.values()}
    assert homes == {
        "tenants": "auth", "clients": "tenant", "units": "shared", "history_a": "auth", "history_b": "tenant",
    }  # fmt: skip
    b = found.tables[public("history_b")]
    assert (b.unowned, b.reason, b.key_path and b.key_path.label[-1]) == (
        "quarantine", "what happened", "clients.tenant_id",
    )  # fmt: skip
    # It goes to the tenants, and nothing says by which key.
    assert [one.relation.name for one in found.undecided] == ["history_c"]


@pytest.mark.parametrize(
    ("pattern", "entry", "message"),
    [
        ("nothing_*", {"target": "shared"}, "no table of the source fits"),
        ("*", {"target": "shared", "as": "x"}, "as is for one table"),
    ],
)
def test_a_pattern_that_means_nothing_is_refused(pattern: str, entry: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        placed(UNITS, configured={pattern: entry})


def test_a_table_without_a_way_is_undecided_and_says_why() -> None:
    found = placed(UNITS)
    (undecided,) = found.undecided
    assert undecided.relation == public("units")
    assert undecided.reason == "no foreign key leads from it to the tenant root"
    assert set(undecided.candidates) == TARGETS.keys()


def test_behind_an_undecided_table_one_is_told_which() -> None:
    members = table(
        "members", "id int!", "a int!", "b int!", keys=(key("members", "a", "tenants"), key("members", "b", "tenants"))
    )
    visits = table("visits", "id int!", "member_id int!", keys=(key("visits", "member_id", "members"),))
    reasons = {str(one.relation): one.reason for one in placed(members, visits).undecided}
    assert "several key paths are equally short" in reasons["members"]
    assert reasons["visits"] == "its key path leads through members, which is undecided itself"


def test_a_path_does_not_lead_through_what_is_placed_elsewhere() -> None:
    found = placed(USERS, CLIENTS, ORDERS, configured={"users": {"target": "auth"}, "clients": {"target": "shared"}})
    assert [str(one.relation) for one in found.undecided] == ["orders"]


def test_severed_keys_are_those_whose_ends_part() -> None:
    found = placed(USERS, CLIENTS, ORDERS, configured={"users": {"target": "auth"}})
    assert {one.label for one in found.severed} == {
        "clients(tenant_id) -> tenants(id)",
        "clients(created_by) -> users(id)",
    }


def test_a_replica_keeps_the_keys_to_it_whole() -> None:
    lines = table(
        "lines", "id int!", "order_id bigint!", "unit text!",
        keys=(key("lines", "order_id", "orders"), key("lines", "unit", "units", "code")),
    )  # fmt: skip
    without = {"users": {"target": "auth"}, "units": {"target": "shared"}}
    assert "lines(unit) -> units(code)" in {
        one.label for one in placed(USERS, CLIENTS, ORDERS, UNITS, lines, configured=without).severed
    }
    replicated = {**without, "units": {"target": "shared", "replicate": ["tenant"]}}
    found = placed(USERS, CLIENTS, ORDERS, UNITS, lines, configured=replicated)
    assert "lines(unit) -> units(code)" not in {one.label for one in found.severed}
    assert found.tables[public("units")].targets == ("shared", "tenant")
    assert public("units") in {one.relation for one in found.of_host("tenant")}


def test_an_ignored_table_severs_nothing() -> None:
    found = placed(USERS, CLIENTS, configured={"users": {"ignore": "nobody needs them"}})
    users = found.tables[public("users")]
    assert (users.target, users.targets, users.ignored) == ("", (), "nobody needs them")
    assert {one.label for one in found.severed} == {"clients(tenant_id) -> tenants(id)"}


def test_names_in_the_target() -> None:
    configured = {
        "clients": {"target": "tenant", "as": "customers", "columns": {"created_by": "author", "tenant_id": ""}},
        "users": {"target": "auth", "as": "identity.accounts"},
    }
    found = placed(USERS, CLIENTS, configured=configured)
    clients = found.tables[public("clients")]
    assert clients.destination == public("customers")
    assert clients.columns == {"created_by": "author", "tenant_id": ""}
    assert found.tables[public("users")].destination == Relation("identity", "accounts")


def test_global_rows_go_to_shared_or_to_everybody() -> None:
    assert placed(CLIENTS, USERS, configured={"clients": {"target": "tenant", "unowned": "shared"}}).tables[
        public("clients")
    ].targets == ("tenant", "shared")
    assert placed(CLIENTS, USERS, configured={"clients": {"target": "tenant", "unowned": "replicate"}}).tables[
        public("clients")
    ].targets == ("tenant",)


def test_a_table_made_by_a_query_needs_none_in_the_source() -> None:
    made = {"target": "auth", "query": "SELECT 1 AS id"}
    found = placed(configured={"sales.memberships": made, "odd.name": {**made, "query": "SELECT 2"}})
    membership = found.tables[Relation("sales", "memberships")]
    assert membership.derived
    assert membership.search_path == ("public",)
    assert not found.tables[public("tenants")].derived


def test_one_company_without_a_table_of_companies() -> None:
    one = settings(
        {"clients": {"target": "tenant"}, "users": {"target": "auth"}},
        tenants={"default": {"key": "7", "name": "TopSteel", "slug": "topsteel"}},
    )
    found = place(catalog(USERS, CLIENTS, UNITS), one)
    path = found.tables[public("clients")].key_path
    assert path is not None
    assert (path.constant, path.hops) == ("7", ())
    assert found.tenant_root is None
    assert [(str(left.relation), left.reason) for left in found.undecided] == [
        ("units", "there is no tenant root to derive a placement from")
    ]


@pytest.mark.parametrize(
    ("tenants", "said", "hint"),
    [
        ({"root": "tenant"}, "no table 'tenant'", "Did you mean tenants?"),
        ({"root": "nowhere"}, "no table 'nowhere'", "tenants.default"),
        ({"root": "tenants", "key": "ident"}, "has no column 'ident'", "Its columns: id, code"),
        ({"root": "tenants", "slug": "codes"}, "has no column 'codes'", "Did you mean"),
        ({"root": "clients", "key": "tenant_id"}, "is not unique", "unique key"),
        ({"root": "pairs"}, "no primary key of one column", "[tenants] key"),
        ({"root": "tenants", "key": "old_code"}, "may be NULL", "[tenants] key"),
    ],
)
def test_a_tenant_root_that_cannot_be_one(tenants: Mapping[str, Any], said: str, hint: str) -> None:
    pairs = table("pairs", "a int!", "b int!", pk="a, b")
    with pytest.raises(ConfigurationError) as caught:
        place(catalog(TENANTS, USERS, CLIENTS, pairs), settings(tenants=tenants))
    assert said in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("entry", "said", "hint"),
    [
        ({"order": {"target": "tenant"}}, "[tables.order]: the source has no such table", "Did you mean orders?"),
        ({"orders": {"target": "tenant", "key": "client"}}, "has no column 'client'", "Did you mean client_id?"),
        ({"clients": {"columns": {"names": "x"}}}, "has no column 'names'", "Its columns:"),
        (
            {"orders": {"key_path": ["client_id -> clients.id", "orders.id"]}},
            "must end with a column of clients",
            "clients.",
        ),
        (
            {"orders": {"key_path": ["client_id -> client.id", "clients.tenant_id"]}},
            "names no table",
            "Did you mean clients?",
        ),
        ({"orders": {"key_path": ["client_id => clients.id", "clients.tenant_id"]}}, "names no table", "->"),
        (
            {"orders": {"key_path": ["client_id -> clients.created_by", "clients.tenant_id"]}},
            "is not unique",
            "primary key or a unique constraint",
        ),
    ],
)
def test_an_entry_that_does_not_fit_the_source(entry: Mapping[str, Any], said: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        placed(USERS, CLIENTS, ORDERS, configured=entry)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_the_same_name_in_two_schemas() -> None:
    elsewhere = Table(Relation("sales", "clients"), (column("id int!"),), primary_key=("id",))
    source = Catalog("monolith", 180000, {**catalog(TENANTS, USERS, CLIENTS).tables, elsewhere.relation: elsewhere})
    found = place(source, settings({"sales.clients": {"ignore": "a copy"}, "users": {"target": "auth"}}))
    assert found.tables[elsewhere.relation].ignored == "a copy"
    assert found.tables[public("clients")].target == "tenant"


# -- whatever the schema ----------------------------------------------------------------------------------------------


@st.composite
def schemas(draw: st.DrawFn) -> tuple[Catalog, dict[str, Any]]:
    """A root, and tables with any foreign keys among them (cycles too), some of them placed by hand."""
    count = draw(st.integers(1, 9))
    names = ["tenants", *(f"t{number}" for number in range(count))]
    tables = [TENANTS]
    configured: dict[str, Any] = {}
    for name in names[1:]:
        parents = draw(st.lists(st.sampled_from(names), max_size=4))
        columns = ["id integer!"]
        keys: list[ForeignKey] = []
        for number, parent in enumerate(parents):
            columns.append(f"ref{number} integer{draw(st.sampled_from(['', '!']))}")
            keys.append(key(name, f"ref{number}", parent, name=f"{name}_{number}"))
        tables.append(table(name, *columns, keys=tuple(keys)))
        entry = draw(st.sampled_from([None, None, None, "shared", "tenant", "ignored", "key"]))
        if entry == "ignored":
            configured[name] = {"ignore": "not needed"}
        elif entry == "key":
            configured[name] = {"target": "tenant", "key": "id"}
        elif entry is not None:
            configured[name] = {"target": entry}
    return catalog(*tables), configured


@given(schemas())
def test_every_table_is_placed_or_undecided_and_every_path_leads_to_a_tenant(
    generated: tuple[Catalog, dict[str, Any]],
) -> None:
    source, configured = generated
    found = place(source, settings(configured))
    undecided = {one.relation for one in found.undecided}
    assert undecided.isdisjoint(found.tables)
    assert undecided | found.tables.keys() == source.tables.keys()
    assert all(one.reason for one in found.undecided)
    for placement in found.tables.values():
        assert bool(placement.target) != bool(placement.ignored)
        assert placement.per_tenant == (placement.target == "tenant")
        if placement.per_tenant:
            assert_leads_to_a_tenant(placement, source, configured)
    for severed in found.severed:
        ends = found.tables[severed.table].target, found.tables[severed.referenced].target
        assert ends[0] != ends[1]


def assert_leads_to_a_tenant(placement: Placement, source: Catalog, configured: Mapping[str, Any]) -> None:
    path = placement.key_path
    assert path is not None
    here = placement.relation
    for hop in path.hops:
        assert hop.table == here
        here = hop.referenced
    assert path.relation == here
    assert source.tables[here].column(path.column or "") is not None
    visited = [placement.relation, *(hop.referenced for hop in path.hops)]
    assert len(set(visited)) == len(visited), "a path that goes in circles"
    assert holds_a_tenant_key(here, path.column or "", source, configured)


def holds_a_tenant_key(table: Relation, column: str, source: Catalog, configured: Mapping[str, Any]) -> bool:
    """Whether the column is the root's key, is said to be a key, or references one that is."""
    if (table, column) == (public("tenants"), "id") or configured.get(table.name, {}).get("key") == column:
        return True
    return any(
        holds_a_tenant_key(one.referenced, one.referenced_columns[0], source, configured)
        for one in source.tables[table].foreign_keys
        if one.columns == (column,) and one.referenced != table
    )


@given(schemas())
def test_placing_is_a_function_of_its_input(generated: tuple[Catalog, dict[str, Any]]) -> None:
    source, configured = generated
    shuffled = Catalog(source.database, source.server_version, dict(reversed(list(source.tables.items()))))
    one, other = place(source, settings(configured)), place(shuffled, settings(configured))
    assert one.tables == other.tables
    assert set(one.undecided) == set(other.undecided)
