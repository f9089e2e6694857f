"""The benchmark still runs: every contender that any machine has, on a few rows. No times are asserted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.contenders import pgcopydb
from benchmarks.page import BEGIN, END, update
from benchmarks.results import Results
from tests.servers import PostgresServer

CONTENDERS = ("ours", "pg_dump", "by hand", "limit", "relay")
PHASES = {
    "ours": ["start", "templates", "fence, snapshot, databases", "copy (finishing meanwhile)", "finish", "prove"],
    "pg_dump": ["dump", "restore"],
    "by hand": ["script"],
    "limit": ["COPY TO", "COPY FROM", "indexes and keys"],
    "relay": ["relay", "psql | psql"],
}


@pytest.fixture(scope="module")
def results_file(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one small run."""
    file = tmp_path_factory.mktemp("benchmark") / "results.json"
    command = ["run", "--rows", "400", "--tenants", "2", "--rounds", "1", "--contenders", ",".join(CONTENDERS)]
    if (server.bin_dir / "initdb").exists():
        command += ["--postgres", str(server.bin_dir)]
    done = CliRunner().invoke(main, [*command, "--output", str(file)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "What must be reached" in done.stdout
    return file


@pytest.fixture(scope="module")
def measurements(results_file: Path) -> dict[str, dict[str, Any]]:
    """The JSON's measurements by contender."""
    document = json.loads(results_file.read_text(encoding="utf-8"))
    return {one["contender"]: one for one in document["measurements"]}


def test_every_contender_has_all_of_its_phases(measurements: dict[str, dict[str, Any]]) -> None:
    assert {name: list(one["phases"]) for name, one in measurements.items()} == PHASES


def test_ours_are_all_rows_in_phases_that_follow_each_other(measurements: dict[str, dict[str, Any]]) -> None:
    ours = measurements["ours"]
    # The two companies, 20 customers, 100 orders, 280 lines.
    assert ours["figures"]["rows"] == 402
    assert {"verify s", "digests s", "copy busy s", "finish busy s"} <= ours["figures"].keys()
    # Nothing is counted twice, and nothing has happened before it began.
    assert min(ours["phases"].values()) >= 0


def test_results_are_read_as_they_were_written(results_file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    Results.read(results_file).write(copy)
    assert copy.read_bytes() == results_file.read_bytes()


def test_the_page_is_replaced_between_its_markers_only(results_file: Path, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    update(page, Results.read(results_file), ())
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "### What must be reached" in text


def test_the_page_in_the_documentation_has_the_markers() -> None:
    text = (Path(__file__).parents[2] / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)


def test_charts_are_the_same_files_for_the_same_results(results_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra `bench` is not installed")
    from benchmarks.charts import draw

    first, second = (draw(Results.read(results_file), tmp_path / name) for name in ("first", "second"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second] != []


def test_a_pgcopydb_that_is_missing_is_said_to_be() -> None:
    assert pgcopydb.version("no-such-pgcopydb") == ""


def test_an_unknown_contender_is_refused() -> None:
    done = CliRunner().invoke(main, ["run", "--contenders", "ours,theirs"])
    assert done.exit_code == 2
    assert "theirs" in done.stderr
