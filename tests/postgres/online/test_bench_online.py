"""`python -m benchmarks.online` still measures, and says in JSON what it measured. No times are asserted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.online.__main__ import main
from benchmarks.online.goals import GOALS, goal_table
from benchmarks.online.report import LOST, WRONG, Report
from tests.servers import PostgresServer

_SIZE = ["--rounds", "1", "--seconds", "1.5", "--rate", "60", "--companies", "3", "--processes", "1"]


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("scenario", "figures"),
    [
        ("capture", {"capture: server processor time a transaction, ratio", "capture: WAL a transaction, ratio"}),
        ("following", {"followed rows a second and core", "lag of the wave's group p99 (s)"}),
        ("moving", {"copied, followed and proved in (s)"}),
    ],
)
def test_a_scenario_is_measured_and_loses_nothing(
    server: PostgresServer, tmp_path: Path, scenario: str, figures: set[str]
) -> None:
    command = [scenario, *_SIZE, "--output", str(tmp_path)]
    if (server.bin_dir / "initdb").exists():
        command += ["--postgres", str(server.bin_dir)]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "What must be reached" in done.stdout
    [file] = tmp_path.glob(f"online-{scenario}-*.json")
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["scenario"] == scenario
    assert figures <= document["figures"].keys()
    assert document["figures"][LOST] == document["figures"][WRONG] == 0
    assert document["figures"]["acknowledged writes"] > 0
    assert all(phase["failed"] == 0 for phase in document["phases"].values())


@pytest.mark.parametrize(("figure", "exact"), [(LOST, False), (WRONG, False), ("commits in doubt, resolved", True)])
def test_what_is_lost_or_shown_is_no_success(figure: str, exact: bool) -> None:
    report = Report("moving", {}, {})
    assert report.exact
    report.figures[figure] = 1
    assert report.exact is exact


def test_a_goal_that_is_missed_says_so() -> None:
    figures = {goal.figure: goal.must for goal in GOALS}
    assert {row[-1] for row in goal_table(figures).rows} == {"yes"}
    missed = {goal.figure: goal.must - 1 if goal.at_least else goal.must + 0.001 for goal in GOALS}
    assert [row[-1] for row in goal_table(missed).rows] == ["NO"] * len(GOALS)
    assert goal_table({}).rows == ()
