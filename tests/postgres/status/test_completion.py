"""Runs, tenants and plans are completed from the journal, which a press of a key neither makes nor changes."""

from __future__ import annotations

import psycopg
import pytest
from click.shell_completion import ShellComplete

from migrator.cli.options import Options
from migrator.cli.program import program
from migrator.journal import Artefact
from tests.postgres.workspaces import WorkspaceFactory, fetch, run_sql
from tests.unit.plan.test_steps import plan


def completed(url: str, prefix: str, *words: str) -> list[tuple[str, str | None]]:
    """What is offered for the last of the words, with what it is."""
    shell = ShellComplete(program, {"obj": Options()}, "migrator", "_MIGRATOR_COMPLETE")
    given = ["--source", url, "--prefix", prefix, *words[:-1]]
    return [(item.value, item.help) for item in shell.get_completions(given, words[-1])]


def test_names_come_from_the_journal(database_url: str, prefix: str, make_workspace: WorkspaceFactory) -> None:
    workspace = make_workspace(database_url)
    with workspace.stage("backup") as (first, _):
        pass
    workspace.journal.close_run(first.id, "rolled back")
    with workspace.stage("dry-run") as (second, _):
        workspace.journal.of(second.id).record_plan(plan(), passed=True)
        workspace.journal.of(second.id).record_artefacts(
            [
                Artefact("database", f"{prefix}_north", "created", "tenant", "1"),
                Artefact("database", f"{prefix}_south", "dropped", "tenant", "2"),
                Artefact("database", f"{prefix}_auth", "created", "auth"),
            ],
        )
    assert completed(database_url, prefix, "history", "--run", "") == [(second.id, "open"), (first.id, "rolled back")]
    assert completed(database_url, prefix, "history", "--run", first.id[:-1])[-1] == (first.id, "rolled back")
    assert completed(database_url, prefix, "rollback", "--confirm", "") == [(second.id, "open")]
    assert completed(database_url, prefix, "rollback", "--tenant", "") == [(f"{prefix}_north", "tenant 1")]
    name = plan().fingerprint[:12]
    for words in (("plan", "show"), ("plan", "diff"), ("plan", "diff", name), ("migrate", "--plan")):
        assert completed(database_url, prefix, *words, "") == [(name, "passed its dry-run")]


def test_a_press_of_a_key_makes_no_journal(database_url: str, prefix: str, server_url: str) -> None:
    before = fetch(server_url, "SELECT datname FROM pg_database ORDER BY 1")
    assert completed(database_url, prefix, "history", "--run", "") == []
    assert fetch(server_url, "SELECT datname FROM pg_database ORDER BY 1") == before


def test_it_brings_no_tables_up_to_date(database_url: str, prefix: str, make_workspace: WorkspaceFactory) -> None:
    workspace = make_workspace(database_url)
    with workspace.stage("backup") as (run, _):
        pass
    control = workspace.control.conninfo
    run_sql(control, "ALTER TABLE migrator.stages DROP COLUMN account, DROP COLUMN role")
    run_sql(control, "UPDATE migrator.version SET shape = 2")
    assert completed(database_url, prefix, "history", "--run", "") == [(run.id, "open")]
    assert fetch(control, "SELECT shape FROM migrator.version") == [(2,)]


def test_a_server_that_does_not_answer_completes_nothing(prefix: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert completed("postgresql://nobody@127.0.0.1:1/erp", prefix, "history", "--run", "") == []
    assert capfd.readouterr() == ("", "")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect("postgresql://nobody@127.0.0.1:1/erp")
