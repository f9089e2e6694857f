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
    Missing,
    Population,
    ServerFacts,
    check_placements,
    check_population,
    check_privileges,
    check_server,
    check_source,
)
from migrator.core.settings import Settings
from tests.schema import catalog, public
from tests.unit.test_placement import CLIENTS, TARGETS, UNITS, USERS
from tests.unit.test_placement import TENANTS as ROOT
from tests.unit.test_plan import plan

SERVER = ServerFacts("default", 180004, "dba", True, frozenset({"plpgsql", "citext"}), frozenset(), {}, 100)


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


def test_large_objects_block() -> None:
    assert blocks(check_source(catalog(ROOT, large_objects=3))) == {
        "large objects": "3 large objects exist, which no table's rows carry"
    }


def test_another_encoding_is_told() -> None:
    (check,) = (one for one in check_source(catalog(ROOT, encoding="LATIN1")) if one.state == "warn")
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
        ({"may_create_databases": False}, "the role dba may not create databases"),
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


def test_an_extension_that_only_a_superuser_may_install_is_told() -> None:
    source = catalog(ROOT, extensions={"plpgsql": "1.0", "citext": "1.6"})
    facts = replace(SERVER, superuser_extensions=frozenset({"citext", "file_fdw"}))
    (check,) = (one for one in check_server(facts, source, plan(), "run-1", jobs=2) if one.state == "warn")
    assert check.detail == "extensions of the source that only a superuser may install: citext"


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
