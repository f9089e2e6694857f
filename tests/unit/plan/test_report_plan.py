"""How dry-run shows a plan: a thousand tenants take no more lines than three."""

from __future__ import annotations

from migrator.commands.dry_run.report_plan import PlannedDatabase, target_section
from migrator.commands.plan.steps import step_section
from migrator.core.placement.tenants import Tenant
from tests.unit.plan.test_steps import plan


def test_steps_that_differ_in_the_database_alone_are_one_line() -> None:
    many = tuple(Tenant(str(number), f"t{number}", f"T{number}", f"erp_t{number}") for number in range(2000))
    steps = {str(step): str(what) for step, what in step_section(plan(tenants=many)).rows}
    assert len(steps) == 3 + 3 + 1 + 4 + 3 + 1
    assert steps["create:erp_auth"] == "create database erp_auth from erp_auth_bare"
    assert steps["create:erp_t0 and 1,999 more"] == "create 2,000 databases from erp_tenant_bare"
    assert "of 2,000 databases" in steps["finish:erp_t0 and 1,999 more"]
    assert steps["copy:public.tenants>auth"] == "read tenants once, route its rows to tenants in 1 database"
    assert steps["copy:public.clients>tenant"].endswith("in 2,000 databases")


def test_the_databases_that_are_not_listed_are_counted() -> None:
    planned = [PlannedDatabase("tenant", f"erp_{number}", "", 2, rows=max(0, 60 - number)) for number in range(100)]
    section = target_section(planned)
    assert [row[1] for row in section.rows] == [f"erp_{number}" for number in range(50)]
    assert section.text.startswith("The largest. 50 databases with 55 rows in all, 40 of them empty, are left out")
    assert target_section(planned[:50]).text == ""
