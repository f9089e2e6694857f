"""Readiness: facts in, checks out; what blocks names what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from migrator.core.catalog import Catalog
from migrator.core.placement import place
from migrator.core.readiness import (
    Check,
    LargeObjectFacts,
    Population,
    ServerFacts,
    SourceFacts,
    check_large_objects,
    check_placements,
    check_population,
    check_server,
    check_source,
)
from migrator.core.settings import Settings
from tests.schema import catalog, public
from tests.unit.test_placement import CLIENTS, TARGETS, UNITS, USERS
from tests.unit.test_placement import TENANTS as ROOT
from tests.unit.test_plan import plan

ABLE = SourceFacts((), (), bypasses_row_security=True, may_create_schema=True)
SERVER = ServerFacts("default", 180004, True, frozenset({"plpgsql", "citext"}), {}, 100)


def blocks(checks: Any) -> dict[str, str]:
    found: list[Check] = list(checks)
    assert all(check.remedy for check in found if check.state == "block")
    return {check.name: check.detail for check in found if check.state == "block"}


def test_a_source_that_is_ready() -> None:
    checks = list(check_source(catalog(ROOT), ABLE))
    assert {check.state for check in checks} == {"ok"}


@pytest.mark.parametrize(
    ("facts", "source", "name", "detail"),
    [
        (replace(ABLE, unreadable=(public("a"),)), catalog(ROOT), "read the source", "no SELECT on a"),
        (
            replace(ABLE, not_owned=tuple(public(f"t{n}") for n in range(7))),
            catalog(ROOT),
            "fence the source",
            "not the owner of t0, t1, t2, t3, t4 and 2 more, so no trigger can be put on them",
        ),
        (replace(ABLE, may_create_schema=False), catalog(ROOT), "fence the source", "no CREATE on the database"),
        (
            replace(ABLE, bypasses_row_security=False),
            catalog(replace(ROOT, force_row_security=True)),
            "row security",
            "policies are forced on tenants and would hide rows",
        ),
    ],
)
def test_what_keeps_a_source_from_being_split(facts: SourceFacts, source: Catalog, name: str, detail: str) -> None:
    assert blocks(check_source(source, facts)) == {name: detail}


@pytest.mark.parametrize(
    ("facts", "detail"),
    [
        (
            LargeObjectFacts(3, unnamed=(7, 9)),
            "2 of 3 are named by no column that migrator.toml knows: 7, 9",
        ),
        (LargeObjectFacts(3, unreadable=2), "2 belong to roles that the connected role is no member of"),
        (LargeObjectFacts(3, too_large=(7,)), "1 hold a gigabyte or more: 7"),
    ],
)
def test_large_objects_that_cannot_travel_block(facts: LargeObjectFacts, detail: str) -> None:
    assert blocks(check_large_objects(facts)) == {"large objects": detail}


def test_large_objects_that_travel_warn_of_what_the_fence_does_not_hold() -> None:
    assert list(check_large_objects(LargeObjectFacts(0))) == []
    assert [check.state for check in check_large_objects(LargeObjectFacts(3))] == ["warn"]


def test_another_encoding_is_told() -> None:
    (check,) = (one for one in check_source(catalog(ROOT, encoding="LATIN1"), ABLE) if one.state == "warn")
    assert "LATIN1" in check.detail


def server_blocks(facts: ServerFacts, source: Catalog | None = None, *, jobs: int = 2) -> str:
    return "; ".join(blocks_of_server(facts, source, jobs=jobs))


def blocks_of_server(facts: ServerFacts, source: Catalog | None = None, *, jobs: int = 2) -> list[str]:
    checks = check_server(facts, source or catalog(ROOT), plan(), "run-1", jobs=jobs)
    return [check.detail for check in checks if check.state == "block"]


def test_a_server_that_is_ready() -> None:
    assert blocks_of_server(SERVER) == []
    # What the run itself made is not in its way; a newer server is fine.
    assert blocks_of_server(replace(SERVER, databases={"erp_north": "run-1"}, version=190000)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 170005}, "version 17.5 is older than the source's 18.0"),
        ({"may_create_databases": False}, "may not create databases"),
        ({"databases": {"erp_north": None}}, "1 databases exist already and were not made by this run: erp_north"),
        ({"databases": {"erp_tenant_bare": "run-0"}}, "erp_tenant_bare"),
        ({"free_sessions": 7}, "7 free connections, 8 are needed at least"),
    ],
)
def test_what_keeps_a_server_from_taking_it(change: Mapping[str, Any], said: str) -> None:
    assert said in server_blocks(replace(SERVER, **change))


def test_more_jobs_need_more_sessions() -> None:
    assert server_blocks(replace(SERVER, free_sessions=20), jobs=7).startswith("20 free connections, 23")


def test_an_extension_that_is_missing_is_told() -> None:
    source = catalog(ROOT, extensions={"plpgsql": "1.0", "postgis": "3.4", "citext": "1.6"})
    (check,) = (one for one in check_server(SERVER, source, plan(), "run-1", jobs=2) if one.state == "warn")
    assert check.detail.endswith("postgis")


# -- placements and rows ----------------------------------------------------------------------------------------------


def settings(tables: Mapping[str, Any]) -> Settings:
    return Settings.model_validate({"tenants": {"root": "tenants"}, "targets": TARGETS, "tables": tables})


def test_an_undecided_table_blocks_and_says_what_to_write() -> None:
    checks = list(check_placements(place(catalog(ROOT, UNITS), settings({}))))
    (check,) = (one for one in checks if one.state == "block")
    assert check.name == "placement of units"
    assert '[tables."units"]' in check.remedy
    assert "ignore" in check.remedy


def test_two_tables_into_one_block() -> None:
    both = settings({"users": {"target": "auth"}, "units": {"target": "auth", "as": "users"}})
    (detail,) = blocks(check_placements(place(catalog(ROOT, USERS, UNITS), both))).values()
    assert detail == "users, units would all go into users of target 'auth'"


@pytest.mark.parametrize(
    ("unowned", "without_key", "unknown_key", "state"),
    [
        ("block", 1, 0, "block"),
        ("block", 0, 1, "block"),
        ("quarantine", 1, 1, "warn"),
        ("shared", 1, 0, "warn"),
        ("shared", 0, 1, "block"),
        ("replicate", 2, 0, "warn"),
        ("replicate", 2, 1, "block"),
    ],
)
def test_rows_of_nobody(unowned: str, without_key: int, unknown_key: int, state: str) -> None:
    placed = place(
        catalog(ROOT, USERS, CLIENTS),
        settings({"clients": {"target": "tenant", "unowned": unowned}, "users": {"target": "auth"}}),
    )
    population = Population(public("clients"), "tenant", {"1": 5}, without_key=without_key, unknown_key=unknown_key)
    (check,) = check_population([population], placed)
    assert (check.name, check.state) == ("rows of clients", state)
    assert str(without_key or unknown_key) in check.detail


def test_rows_that_all_have_an_owner() -> None:
    placed = place(catalog(ROOT, USERS, CLIENTS), settings({"users": {"target": "auth"}}))
    (check,) = check_population([Population(public("clients"), "tenant", {"1": 5})], placed)
    assert check.state == "ok"
