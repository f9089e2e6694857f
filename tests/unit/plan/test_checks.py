"""Readiness: facts in, checks out; what blocks names what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from migrator.core.audit.facts import Facts, UnownedRows
from migrator.core.audit.review import review
from migrator.core.placement.place import place
from migrator.core.plan.checks import (
    Check,
    LargeObjectFacts,
    Missing,
    Population,
    ServerFacts,
    check_large_objects,
    check_placements,
    check_policies,
    check_population,
    check_privileges,
    check_roles,
    check_server,
    check_source,
    needed_bytes,
)
from migrator.core.plan.steps import CreateDatabase, PrepareTarget
from migrator.settings import Settings
from tests.schema import catalog, public
from tests.unit.placement.test_place import CLIENTS, TARGETS, UNITS, USERS
from tests.unit.placement.test_place import TENANTS as ROOT
from tests.unit.plan.test_steps import plan

SERVER = ServerFacts("default", 180004, True, {}, {}, 100, free_bytes=2 * 10**9, role="dba")


def blocks(checks: Any) -> dict[str, str]:
    found: list[Check] = list(checks)
    assert all(check.remedy for check in found if check.state == "block")
    return {check.name: check.detail for check in found if check.state == "block"}


def test_a_source_that_is_ready() -> None:
    checks = [*check_source(catalog(ROOT)), *check_privileges(())]
    assert {check.state for check in checks} == {"ok"}
    assert len(checks) == 4


def test_each_missing_privilege_is_told_with_its_statement() -> None:
    missing = [
        *(Missing("read", f"SELECT on public.t{n}", f"GRANT SELECT ON TABLE public.t{n} TO dba") for n in range(7)),
        Missing("fence", "2 tables belong to a", "GRANT a TO dba"),
        Missing("fence", "1 tables belong to b", "GRANT b TO dba"),
        Missing("every row", "public.x has policies", "ALTER ROLE dba BYPASSRLS"),
        Missing("every row", "public.y has policies", "ALTER ROLE dba BYPASSRLS"),
        Missing("restore", "the database belongs to a", "GRANT a TO dba"),
    ]
    checks = {check.name: check for check in check_privileges(missing)}
    assert {name for name, check in checks.items() if check.state == "block"} == {
        "read the source",
        "fence the source",
        "row security",
    }
    assert checks["rollback --restore-backup"].state == "warn"
    assert checks["read the source"].remedy.endswith("GRANT SELECT ON TABLE public.t4 TO dba; and 2 more")
    assert checks["fence the source"].remedy == "GRANT a TO dba; GRANT b TO dba;"
    assert checks["row security"].remedy == "ALTER ROLE dba BYPASSRLS;"


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


def test_large_objects_that_stay_behind_are_told_with_the_reason() -> None:
    left = LargeObjectFacts(3, unnamed=(7, 9), ignored="an old import")
    assert [(check.state, check.detail.split(";")[0]) for check in check_large_objects(left)] == [
        ("warn", "2 of 3 are named by no column and stay behind: an old import"),
        ("warn", "1 travel with the rows that name them"),
    ]
    every = LargeObjectFacts(2, unnamed=(7, 9), ignored="an old import")
    assert [check.detail for check in check_large_objects(every)] == [
        "2 of 2 are named by no column and stay behind: an old import"
    ]


def test_another_encoding_is_told() -> None:
    (check,) = (one for one in check_source(catalog(ROOT, encoding="LATIN1")) if one.state == "warn")
    assert "LATIN1" in check.detail


def test_a_server_that_is_ready() -> None:
    # A newer server is fine.
    for facts in (SERVER, replace(SERVER, version=190000)):
        checks = list(check_server(facts, catalog(ROOT), 10**9))
        assert {check.state for check in checks} == {"ok"}
        assert checks[-1].detail == "1.9 GB of disk free, about 953.7 MB needed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 170005}, "version 17.5 is older than the source's 18.0"),
        ({"may_create_databases": False}, "the role dba may not create databases"),
    ],
)
def test_what_keeps_a_server_from_taking_it(change: Mapping[str, Any], said: str) -> None:
    assert blocks(check_server(replace(SERVER, **change), catalog(ROOT), 0)) == {"server default": said}


def test_a_disk_that_nobody_can_see_is_told() -> None:
    checks = list(check_server(replace(SERVER, free_bytes=None), catalog(ROOT), 123_000_001))
    (check,) = (one for one in checks if one.state == "warn")
    assert check.detail == "its free disk is unknown; about 117.3 MB are needed"
    assert '[servers.default] free_disk = "500GB"' in check.remedy


def test_the_disk_that_a_plan_needs() -> None:
    invoices = replace(CLIENTS, bytes=30_000_000)
    units = replace(UNITS, bytes=5_000_000)
    known = catalog(ROOT, invoices, units)
    placed = place(
        known, settings({"clients": {"target": "tenant"}, "units": {"target": "shared", "replicate": ["tenant"]}})
    )
    made = plan()
    names = {step.server for step in made.of(CreateDatabase)}
    copies = Counter(step.target for step in made.of(CreateDatabase))
    databases = 2 * len(list(made.of(PrepareTarget))) + copies.total()
    assert names == {"default"}
    # What tenants share out is there once, what each of them gets as often as there are tenants.
    expected = databases * 8_000_000 + 30_000_000 + 5_000_000 * (copies["shared"] + copies["tenant"])
    assert needed_bytes(known, placed, made) == {"default": expected}


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
    ("unowned", "unset", "unknown", "state"),
    [
        ("block", 1, 0, "E"),
        ("block", 0, 1, "E"),
        ("quarantine", 1, 1, "W"),
        ("shared", 1, 0, None),
        ("shared", 0, 1, "E"),
        ("replicate", 2, 0, None),
        ("replicate", 2, 1, "E"),
    ],
)
def test_rows_of_nobody_are_judged_once_by_the_audits_rule(
    unowned: str, unset: int, unknown: int, state: str | None
) -> None:
    """Those of nobody by intent are told by dry-run alone, which blocks for none itself."""
    clients = catalog(ROOT, USERS, CLIENTS)
    placed = place(
        clients, settings({"clients": {"target": "tenant", "unowned": unowned}, "users": {"target": "auth"}})
    )
    counted = UnownedRows(public("clients"), 9, unset=unset, unknown=unknown, by_tenant={"1": 5})
    found = review(Facts(clients, placed, unowned=(counted,)), only=("S03",)).findings
    assert [finding.severity for finding in found] == ([state] if state else [])
    told = list(check_population([counted.population("tenant")], placed))
    intended = unowned in ("shared", "replicate") and unset > 0
    assert [(check.name, check.state) for check in told] == ([("rows of clients", "warn")] if intended else [])


def test_rows_that_all_have_an_owner() -> None:
    placed = place(catalog(ROOT, USERS, CLIENTS), settings({"users": {"target": "auth"}}))
    (check,) = check_population([Population(public("clients"), "tenant", {"1": 5})], placed)
    assert check.state == "ok"


def shared(**more: Any) -> Settings:
    """Two schemas of one database, in the second of which policies tell tenants apart."""
    return Settings.model_validate(
        {
            "tenants": {"root": "tenants"},
            "targets": {
                "people": {"database": "hub", "schema": "people", "migrations": "people"},
                "sales": {"database": "hub", "schema": "sales", "migrations": "sales", "row_level_security": True},
            },
            "roles": {"watcher": {"read": ["sales"]}},
            "tables": {"tenants": {"target": "people"}, "clients": {"target": "sales"}, "units": {"target": "sales"}},
            **more,
        }
    )


def test_policies_and_roles_need_what_a_plain_role_has_not() -> None:
    plain = replace(SERVER, may_create_roles=False, passes_row_security=False)
    (bound, roles) = check_roles(shared(), plain, {"people"})
    assert (bound.state, bound.remedy) == ("block", "ALTER ROLE dba BYPASSRLS;")
    assert roles.state == "block"
    assert "watcher" in roles.detail
    assert list(check_roles(shared(), plain, set())) == []
    assert list(check_roles(shared(), SERVER, {"people"})) == []
    existing = replace(plain, roles=frozenset({"watcher"}), passes_row_security=True)
    assert list(check_roles(shared(), existing, {"people"})) == []


def test_tables_that_no_policy_can_hide_are_told() -> None:
    found = place(catalog(ROOT, CLIENTS, UNITS), shared())
    (check,) = check_policies(shared(), found)
    assert check.state == "warn"
    assert "from units to a tenant" in check.detail
    elsewhere = {"tenants": {"target": "people"}, "clients": {"target": "sales"}, "units": {"target": "people"}}
    (check,) = check_policies(shared(), place(catalog(ROOT, CLIENTS, UNITS), shared(tables=elsewhere)))
    assert check.state == "ok"
