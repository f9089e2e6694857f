"""What a plan has otherwise than another is told part by part, and nothing of it is silent."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from migrator.core.plan.difference import plan_differences
from migrator.core.plan.reverse import DropDatabases, LiftFence, points_of_no_return, reverse_of
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget, RaiseFence
from tests.schema import column
from tests.unit.plan.test_steps import ENTRIES, SEQUENCE, TENANTS, changed, plan, settings, source, with_column


def with_type(type_: str) -> Plan:
    clients = source().tables[next(name for name in source().tables if name.name == "clients")]
    columns = tuple(column(f"id {type_}!") if one.name == "id" else one for one in clients.columns)
    return plan(changed(source(), lambda one: dataclasses.replace(one, columns=columns)))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (plan(with_column(source())), {("source", "table clients"): "column added added"}),
        (with_type("integer"), {("source", "table clients"): "column id: bigint before, integer now"}),
        (
            plan(changed(source(), lambda one: dataclasses.replace(one, comment="changed"))),
            {("source", "table clients"): "other comment"},
        ),
        (plan(dataclasses.replace(source(), database="b")), {("source", "database"): "/monolith before, /b now"}),
        (
            plan(dataclasses.replace(source(), sequences={SEQUENCE.relation: SEQUENCE})),
            {("source", "sequence numbers"): "added"},
        ),
        (plan(parameters=(("app", "work_mem", "secret"),)), {("source", "parameters of the database"): "app work_mem"}),
        (plan(files="x"), {("tree", f"target {one}"): "files were edited" for one in ("auth", "shared", "tenant")}),
        (
            plan(heads={"auth": ("a1",), "shared": ("s2",), "tenant": ("t1",)}),
            {("tree", "target shared"): "head s1 before, s2 now"},
        ),
        (
            plan(tenants=TENANTS[:1]),
            {("tenant", "2 (South)"): "removed", ("database", "erp_south"): "removed"},
        ),
        (
            plan(tenants=(TENANTS[0], dataclasses.replace(TENANTS[1], server="east"))),
            {
                ("tenant", "2 (South)"): "server: nothing before, east now",
                ("database", "erp_south"): "server: default before, east now",
            },
        ),
        (
            plan(configured=settings(tables={**ENTRIES, "clients": {"target": "tenant", "columns": {"id": ""}}})),
            {
                ("migrator.toml", "[tables.clients]"): "added",
                ("placement", "clients"): "column id: id before, dropped now",
            },
        ),
        (
            plan(configured=settings(tables={**ENTRIES, "clients": {"target": "tenant", "as": "customers"}})),
            {
                ("migrator.toml", "[tables.clients]"): "added",
                ("placement", "clients"): "name: clients before, customers now",
            },
        ),
    ],
)  # fmt: skip
def test_each_difference_has_a_line(other: Plan, told: dict[tuple[str, str], str]) -> None:
    found: dict[tuple[str, str], Any] = {(one.part, one.what): one.how for one in plan_differences(plan(), other)}
    assert found == told


def test_equal_plans_have_none() -> None:
    grown = plan(source(bytes=10**12, rows=10**9, pages=10**6, file=4711))
    assert plan_differences(plan(), grown) == ()


def test_a_value_that_is_a_secret_is_told_by_its_name_alone() -> None:
    old, new = (plan(parameters=(("", "app.key", value),)) for value in ("hidden-1", "hidden-2"))
    (difference,) = plan_differences(old, new)
    assert (difference.what, difference.how) == ("parameters of the database", "a value is another one")


def test_every_step_says_what_takes_it_back() -> None:
    made = plan(configured=settings(roles={"per_tenant": True}))
    reverses = [reverse_of(step) for step in made.steps]
    dropped = [one for one in reverses if isinstance(one, DropDatabases)]
    assert {name for one in dropped for name in one.databases} == {
        *(step.database for step in made.of(CreateDatabase)),
        *(name for step in made.of(PrepareTarget) for name in (step.template, step.bare)),
    }
    assert {name for one in dropped for name in one.roles} == {
        *(step.group for step in made.of(PrepareTarget)),
        *(role for step in made.of(CreateDatabase) for role in step.own_roles),
    }
    assert sum(isinstance(one, LiftFence) for one in reverses) == len(list(made.of(RaiseFence))) == 1
    assert list(points_of_no_return(made)) == []
    assert all(one.text for one in reverses)
