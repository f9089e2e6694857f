"""history: the runs of a source with who typed what, and nothing is made by asking."""

from __future__ import annotations

import os
import pwd
import socket

import psycopg
import pytest

from migrator.commands.history.command import history
from migrator.commands.history.report import present, who
from migrator.errors import MigratorError, RefusedError, TargetsFailedError
from migrator.report.document import to_json
from migrator.report.text import to_text
from tests.postgres.workspaces import WorkspaceFactory
from tests.servers import DatabaseFactory

ACCOUNT = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture(autouse=True)
def _without_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def test_where_nothing_has_run_it_says_so_and_makes_nothing(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    before = databases(database_url)
    outcome = present(history(make_workspace(database_url)))
    assert (outcome.status, outcome.exit_code) == ("nothing-to-do", 0)
    assert outcome.data["runs"] == []
    assert databases(database_url) == before
    with pytest.raises(RefusedError, match="has no run 20260101"):
        history(make_workspace(database_url), "20260101")


def test_runs_are_told_with_their_stages_and_who_typed_them(
    database_url: str, make_workspace: WorkspaceFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace(database_url)
    monkeypatch.setenv("SUDO_USER", "alice")
    with workspace.stage("backup") as (first, summary):
        summary["bytes"] = 5
    monkeypatch.delenv("SUDO_USER")
    with pytest.raises(MigratorError), workspace.stage("migrate"):
        raise TargetsFailedError("one of two failed", "again")
    with workspace.stage("migrate"):
        pass
    workspace.journal.close_run(first.id, "rolled back")
    with workspace.stage("audit") as (second, _):
        pass

    result = history(make_workspace(database_url))
    assert [one.run.id for one in result.runs] == [second.id, first.id]
    stages = result.runs[1].stages
    with psycopg.connect(database_url) as connection:
        role = connection.info.user
    assert [one.account for one in stages] == [f"alice as {ACCOUNT}", *[ACCOUNT] * 2]
    assert {(one.role, one.host, one.pid) for one in stages} == {(role, socket.gethostname(), os.getpid())}

    outcome = present(result)
    assert outcome.run_id == second.id
    ((_, _, _, open_, audit, _, _), (_, _, _, closed, attempts, people, machine)) = outcome.sections[0].rows
    assert (open_, audit, closed) == ("open", "audit: done", "rolled back")
    assert attempts == "backup: done\nmigrate: failed, done"
    assert str(people).splitlines()[0].startswith("alice as ")
    assert machine == socket.gethostname()
    assert outcome.data["runs"][1]["stages"][1]["error"] == "one of two failed"
    assert '"rolled back"' in to_json(outcome)
    assert "rolled back" in to_text(outcome)


def test_one_run_is_named_by_its_id_or_the_beginning_of_it(database_url: str, make_workspace: WorkspaceFactory) -> None:
    workspace = make_workspace(database_url)
    with pytest.raises(MigratorError), workspace.stage("migrate") as (run, _):
        raise TargetsFailedError("one of two failed", "again")
    for name in (run.id, run.id[:-2], run.id[:8]):
        chosen = history(make_workspace(database_url), name).chosen
        assert chosen is not None
        assert chosen.run.id == run.id
    outcome = present(history(make_workspace(database_url), run.id))
    ((stage, _, seconds, status, person, host, pid, error),) = outcome.sections[0].rows
    assert (stage, status, host, pid, error) == (
        "migrate", "failed", socket.gethostname(), os.getpid(), "one of two failed"
    )  # fmt: skip
    assert isinstance(seconds, float)
    assert str(person).startswith(ACCOUNT)
    with pytest.raises(RefusedError, match=f"has no run {run.id[:7]}") as refused:
        history(make_workspace(database_url), run.id[:7])
    assert run.id in refused.value.hint
    workspace.journal.close_run(run.id, "rolled back")
    with workspace.stage("audit") as (other, _):
        pass
    if other.id[:8] == run.id[:8]:  # not across midnight
        with pytest.raises(RefusedError, match="Several runs"):
            history(make_workspace(database_url), run.id[:8])


def test_runs_of_another_source_are_none_of_its_history(
    database_url: str, database_factory: DatabaseFactory, make_workspace: WorkspaceFactory
) -> None:
    with make_workspace(database_url).stage("backup"):
        pass
    other = make_workspace(database_factory())
    assert other.has_journal()
    assert history(other).runs == ()


def test_an_attempt_that_an_earlier_version_recorded_says_that_nobody_is_known(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    workspace = make_workspace(database_url)
    with workspace.stage("backup"):
        pass
    with psycopg.connect(workspace.control.conninfo, autocommit=True) as connection:
        connection.execute("UPDATE migrator.stages SET account = '', role = ''")
    (run,) = history(make_workspace(database_url)).runs
    assert [who(stage) for stage in run.stages] == ["not recorded"]
