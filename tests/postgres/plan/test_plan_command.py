"""plan show, plan diff, and migrate --plan: what was approved is what is carried out."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.progress import Silent
from migrator.report.text import to_text
from migrator.settings.load import load_settings
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import run_sql
from tests.servers import DatabaseFactory
from tests.stages import diff_plans, show_plan

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url)
    return make_shop(tmp_path / "shop", url, prefix)


def test_nothing_is_shown_where_nothing_was_planned(shop: Shop) -> None:
    for command in (["plan", "show"], ["plan", "diff"]):
        refused = shop.run(*command)
        assert refused.exit_code == 3
        assert "No plan has been made" in refused.error
        assert f"migrator --config {shop.toml} dry-run" in refused.error
    assert shop.databases() == []


def test_a_plan_is_shown_compared_and_carried_out_by_its_name(shop: Shop) -> None:
    dry_run = shop.succeed("dry-run")
    first = str(dry_run.summary["fingerprint"])
    assert f"migrate --plan {first[:12]}" in dry_run.document["headline"]

    shown = shop.succeed("plan", "show", first[:8].upper())
    assert shown.document["command"] == "plan show"
    assert shown.summary["fingerprint"] == first
    assert shown.summary["state"] == "not carried out"
    assert shown.document["plan"] == dry_run.document["plan"]
    orders = next(row for row in shown.section("Tables") if row["table"] == "orders")
    assert (orders["becomes"], orders["columns"]) == ("sales", "amount as net")
    assert {row["database"] for row in shown.section("Databases")} == {
        f"{shop.prefix}_{name}" for name in ("auth", "shared", "tenant_1", "tenant_2", "tenant_3")
    }
    assert [row["what takes it back"] for row in shown.section("The way back") if row["kind"] == "RaiseFence"] == [
        "compare the source with what it was, then lift the fence"
    ]
    assert shown.document["next"][0] == f"migrator --config {shop.toml} migrate --plan {first[:12]}"
    assert "every step of it can be taken back" in shown.document["headline"]
    same = shop.succeed("plan", "diff")
    assert (same.document["differences"], same.section("Differences")) == ([], [])

    shop.replace('{ amount = "net" }', '{ amount = "net", note = "" }')
    run_sql(shop.source, "ALTER TABLE notes ADD COLUMN added text; INSERT INTO tenants VALUES (4, 'late', 'Late & Co')")
    with (shop.directory / "tenant" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write("ALTER TABLE notes ADD COLUMN added text;\n")
    now = shop.run("plan", "diff")
    assert now.exit_code == 1
    told = {(row["part"], row["what"]): row["how"] for row in now.section("Differences")}
    assert told == {
        ("migrator.toml", "[tables.orders] columns.note"): "nothing before, '' now",
        ("tree", "target tenant"): "files were edited",
        ("source", "table notes"): "column added added",
        ("placement", "orders"): "column note: note before, dropped now",
        ("tenant", "4 (Late & Co)"): "added",
        ("database", f"{shop.prefix}_late"): "added",
    }

    second = str(shop.succeed("dry-run").summary["fingerprint"])
    between = shop.run("plan", "diff", first[:8], second[:8])
    assert between.document["differences"] == now.document["differences"]
    assert shop.succeed("plan", "show").summary["fingerprint"] == second

    refused = shop.run("migrate", "--without-backup", "--plan", first[:10])
    assert refused.exit_code == 3
    assert first[:10] in refused.error
    assert second in refused.error
    assert f"migrator --config {shop.toml} plan diff {first[:10]}" in refused.error
    short = shop.run("migrate", "--without-backup", "--plan", second[:7])
    assert short.exit_code == 3
    assert "too short" in short.error
    assert shop.databases() == ["migrator"]

    shop.succeed("migrate", "--without-backup", "--plan", second[:8])
    assert shop.succeed("plan", "show").summary["state"] == "carried out by this run"
    assert shop.run("migrate", "--plan", first[:8]).exit_code == 3
    assert shop.succeed("migrate", "--plan", second).document["status"] == "nothing-to-do"


def test_what_takes_steps_back_is_what_rollback_finds(shop: Shop) -> None:
    """The reverses that the steps declare name all that migrate made, and nothing else."""
    shop.replace("[tables]", "[roles]\nper_tenant = true\n\n[tables]")
    shop.split()
    reverses = shop.succeed("plan", "show").document["reverses"]
    declared = {
        name
        for one in reverses
        if one["reverse"].startswith("drop ")
        for name in one["reverse"].removeprefix("drop ").partition(", then")[0].split(", ")
    }
    outlook = shop.succeed("rollback", "--validate")
    assert declared == {row["database"] for row in outlook.section("Databases")}
    assert outlook.summary["fenced_tables"] > 0
    assert outlook.summary["roles_to_drop"] == len(
        {
            role
            for one in reverses
            if ", then the roles " in one["reverse"]
            for role in one["reverse"].partition(", then the roles ")[2].split(", ")
        }
    )


def test_an_unknown_name_is_refused_with_the_ones_that_are_known(shop: Shop) -> None:
    known = str(shop.succeed("dry-run").summary["fingerprint"])
    refused = shop.run("plan", "show", "0123456789")
    assert refused.exit_code == 3
    assert known[:12] in refused.error
    assert shop.run("plan", "show", known[:7]).exit_code == 3


def test_the_text_fits_a_terminal_of_eighty_columns(shop: Shop) -> None:
    shop.plan()
    shop.replace('{ amount = "net" }', '{ amount = "net", note = "" }')
    with closing(Workspace.of(load_settings(shop.toml), Silent())) as workspace:
        for outcome in (show_plan(workspace, None), diff_plans(workspace, None, None)):
            lines = to_text(outcome, width=80).splitlines()
            assert any("orders" in line for line in lines)
            assert max(map(len, lines)) <= 80
