"""migrate executes the steps of the stored plan, each of them, in the plan's order."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from migrator.commands.migrate.execution import Execution
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import Step
from migrator.core.result.progress import Silent
from migrator.settings.load import load_settings
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.servers import DatabaseFactory
from tests.stages import migrate


def test_each_step_of_the_stored_plan_is_executed_and_has_its_effect(
    database_factory: DatabaseFactory, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database_factory()
    load_shop(url)
    shop = make_shop(tmp_path / "shop", url, prefix)
    shop.plan()
    effects: list[tuple[str, bool, int, int]] = []
    original = Execution.execute

    def watched(self: Execution, step: Step) -> None:
        original(self, step)
        effects.append((step.id, _is_fenced(shop), len(shop.databases()), _rows(shop)))

    monkeypatch.setattr(Execution, "execute", watched)
    with closing(Workspace.of(load_settings(shop.toml), Silent())) as workspace:
        run = workspace.journal.current_run(workspace.source_id)
        assert run is not None
        assert workspace.journal.of(run.id).plan() is None
        assert migrate(workspace, without_backup=True).exit_code == 0
        plan = workspace.journal.of(run.id).plan()
    assert plan is not None
    assert [step for step, *_ in effects] == [step.id for step in plan.steps]
    by_step = {step: effect for step, *effect in effects}
    scaffolds = 1 + 3 * 2  # the journal, templates and bare clones
    assert by_step["fence"] == [True, scaffolds, 0]
    assert not by_step["create:" + f"{prefix}_auth"][0]
    fenced, databases, rows = by_step["compare"]
    assert (fenced, databases) == (True, scaffolds + 5)
    assert rows > 0


def _is_fenced(shop: Shop) -> bool:
    return bool(shop.value("", "SELECT to_regnamespace('migrator_fence') IS NOT NULL"))


def _rows(shop: Shop) -> int:
    return int(shop.value("tenant_1", "SELECT count(*) FROM sales")) if "tenant_1" in shop.databases() else 0
