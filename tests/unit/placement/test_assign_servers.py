"""Which server each tenant's database is made on."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.placement.assign_servers import EMPTY_DATABASE_BYTES, assign_servers
from migrator.core.placement.tenants import Tenant
from migrator.errors import ConfigurationError
from migrator.settings import Settings

MEGABYTE = 1_000_000


def tenants(count: int) -> tuple[Tenant, ...]:
    return tuple(Tenant(str(n), f"t{n}", f"Tenant {n}", f"erp_t{n}") for n in range(count))


def places(found: tuple[Tenant, ...]) -> dict[str, str]:
    return {tenant.key: tenant.server for tenant in found}


def test_in_turn() -> None:
    found = assign_servers(tenants(5), ("east", "west"), pinned={}, known={})
    assert [tenant.server for tenant in found] == ["east", "west", "east", "west", "east"]


def test_pinned_by_slug_or_key_and_the_others_make_up_for_it() -> None:
    found = assign_servers(tenants(4), ("east", "west"), pinned={"t0": "west", "1": "west"}, known={})
    assert places(found) == {"0": "west", "1": "west", "2": "east", "3": "east"}


def test_a_pinned_stranger_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'acme', which is no tenant"):
        assign_servers(tenants(2), ("east",), pinned={"acme": "east"}, known={})


def test_by_size_one_large_tenant_weighs_as_much_as_many_small_ones() -> None:
    sizes = {"0": 100 * MEGABYTE} | {str(n): 10 * MEGABYTE for n in range(1, 7)}
    found = assign_servers(tenants(7), ("east", "west"), pinned={}, known={}, bytes_=sizes)
    assert Counter(places(found).values()) == {"east": 1, "west": 6}


def test_a_tenant_stays_where_it_is_while_the_server_is_listed() -> None:
    known = {"0": "west", "1": "west", "2": "gone"}
    found = assign_servers(
        tenants(3), ("east", "west"), pinned={}, known=known, bytes_={"0": 1, "1": 10**9, "2": 10**6}
    )
    assert places(found) == {"0": "west", "1": "west", "2": "east"}


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=40), st.integers(1, 5), st.integers(0, 40))
def test_by_size_is_balanced_and_stable(sizes: list[int], count: int, later: int) -> None:
    servers = tuple(f"s{n}" for n in range(count))
    weights = {str(n): size for n, size in enumerate(sizes)}
    everyone = tenants(len(sizes))
    found = assign_servers(everyone, servers, pinned={}, known={}, bytes_=weights)
    load = Counter({server: 0 for server in servers})
    for tenant in found:
        load[tenant.server] += weights[tenant.key] + EMPTY_DATABASE_BYTES
    assert max(load.values()) - min(load.values()) <= max(weights.values()) + EMPTY_DATABASE_BYTES
    # Whatever the sizes have become, and whoever has joined: nobody moves.
    grown = {key: size * 7 % 10**9 for key, size in weights.items()}
    joined = (*everyone, *(Tenant(f"n{n}", f"n{n}", "", f"erp_n{n}") for n in range(later)))
    again = assign_servers(joined, servers, pinned={}, known=places(found), bytes_=grown)
    assert places(again).items() >= places(found).items()


def settings(tenants: dict[str, object], server: str = "default") -> Settings:
    return Settings.model_validate(
        {
            "servers": {"east": {"port": 1}, "west": {"port": 2}},
            "tenants": {"root": "companies", **tenants},
            "targets": {"tenant": {"database": "{slug}", "per_tenant": True, "migrations": "t", "server": server}},
        }
    )


@pytest.mark.parametrize(
    ("given_tenants", "server", "message"),
    [
        (
            {"servers": ["east", "north"]},
            "default",
            r"servers names 'north', but there is no \[servers\.north",
        ),
        ({"servers": ["east"], "pinned": {"a": "west"}}, "default", "'a' to 'west'.* not in tenants.servers"),
        ({"servers": ["east", "east"]}, "default", "named twice"),
        ({"servers": ["east"]}, "west", "either tenants.servers or targets.tenant.server"),
        ({"spread": "by_size"}, "default", "spread is for several servers"),
    ],
)
def test_settings_that_do_not_fit_together(given_tenants: dict[str, object], server: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings(given_tenants, server)


def test_every_server_that_may_hold_something() -> None:
    assert settings({"servers": ["west", "east"]}).server_names == ("default", "east", "west")
    assert settings({}, "west").server_names == ("default", "west")
