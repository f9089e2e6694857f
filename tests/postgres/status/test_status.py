"""status: what it says of a run in every state, and that looking leaves no trace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Outcome
from migrator.core.result.progress import Silent
from migrator.core.run.facts import PLANNED_STEPS
from migrator.core.run.step_id import StepId
from migrator.core.schema.catalog import Relation
from migrator.errors import DatabaseError, RefusedError
from migrator.journal import Artefact
from migrator.postgres.fence.fence import lift_fence, raise_fence
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.session.connect import Endpoint, connect
from migrator.settings import Settings
from tests.postgres.workspaces import WorkspaceFactory, run_sql
from tests.project import awaited
from tests.stages import placements, status


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def section(outcome: Outcome, title: str) -> list[tuple[object, ...]]:
    return next((list(section.rows) for section in outcome.sections if section.title == title), [])


def tones(outcome: Outcome) -> dict[str, str]:
    return {section.title: section.tone for section in outcome.sections}


def enumerate_keys(names: str) -> list[tuple[str, str]]:
    """Tenant keys from "1" on, each with its database's name."""
    return [(str(number), name) for number, name in enumerate(names, 1)]


def test_before_anything_has_run_it_says_so_and_creates_nothing(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    before = databases(database_url)
    outcome = status(make_workspace(database_url))
    assert (outcome.status, outcome.exit_code, outcome.run_id) == ("nothing-to-do", 0, None)
    assert outcome.next == ("migrator backup --verify",)
    assert databases(database_url) == before


def test_a_control_database_without_its_tables_is_left_so(
    database_url: str, prefix: str, make_workspace: WorkspaceFactory
) -> None:
    workspace = make_workspace(database_url)
    assert workspace.control
    assert status(make_workspace(database_url)).status == "nothing-to-do"
    with psycopg.connect(make_conninfo(database_url, dbname=f"{prefix}_migrator")) as connection:
        assert connection.execute("SELECT to_regclass('migrator.runs')").fetchone() == (None,)


def test_a_control_database_that_takes_no_journal_is_told_and_left_without_sessions(
    database_url: str, prefix: str, make_workspace: WorkspaceFactory
) -> None:
    workspace = make_workspace(database_url)
    name = sql.Identifier(workspace.control.database)
    with psycopg.connect(workspace.control.conninfo, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE insufficient_privilege USING MESSAGE = 'no tables in here'; END $$"
        )
        connection.execute("CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse()")
    with psycopg.connect(database_url, autocommit=True) as connection:
        with pytest.raises(DatabaseError, match=r"refuses the journal.*no tables in here"):
            workspace.journal.all_runs("")
        # Without FORCE, which is refused while a session is in it.
        connection.execute(sql.SQL("DROP DATABASE {}").format(name))


def test_a_running_stage_shows_its_steps_and_who_holds_the_lock(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    workspace, onlooker = make_workspace(database_url), make_workspace(database_url)
    with workspace.stage("migrate") as (run, _):
        workspace.journal.of(run.id).start_step(StepId.parse("copy:public.a>tenant"))
        workspace.journal.of(run.id).progress(StepId.parse("copy:public.a>tenant"), 500, 9000)
        workspace.journal.of(run.id).start_step(StepId.parse("copy:public.b>tenant"))
        workspace.journal.of(run.id).fail_step(StepId.parse("copy:public.b>tenant"), "deadlock detected")
        outcome = status(onlooker)
    assert outcome.run_id == run.id
    assert outcome.headline.startswith("migrate runs on ")
    assert str(outcome.summary["lock"]).startswith("held by ")
    assert [row[:3] for row in section(outcome, "Running steps")] == [("copy:public.a>tenant", 500, 9000)]
    assert section(outcome, "Failed steps") == [("copy:public.b>tenant", "deadlock detected")]
    # steps, done, running, stopped, failed, rows, bytes
    assert section(outcome, "Steps")[0][:8] == ("copy", 2, 0, 1, 0, 1, 500, 9000)
    assert outcome.next == ("migrator status --watch",)


def test_a_stage_whose_process_is_gone_is_told_as_interrupted(
    database_url: str, prefix: str, make_workspace: WorkspaceFactory
) -> None:
    workspace = make_workspace(database_url)
    with workspace.stage("migrate") as (run, _):
        pass
    with psycopg.connect(make_conninfo(database_url, dbname=f"{prefix}_migrator")) as connection:
        # What a kill -9 leaves behind.
        connection.execute("UPDATE migrator.stages SET status = 'running', finished_at = NULL")
    workspace.journal.of(run.id).start_step(StepId.parse("copy:public.a>tenant"))
    outcome = status(make_workspace(database_url))
    assert outcome.summary["lock"] == "free"
    assert outcome.headline.startswith("migrate was stopped: its process (")
    assert section(outcome, "Stages")[0][:2] == ("migrate", "interrupted")
    assert section(outcome, "Steps that were stopped") == [("copy:public.a>tenant", 0, 0, None)]
    assert section(outcome, "Steps")[0][:8] == ("copy", 1, 0, 0, 1, 0, 0, 0)
    assert [step.status for step in outcome.data["steps"]] == ["stopped"]
    assert outcome.next[0] == "migrator migrate"


def test_the_time_of_an_interruption_does_not_grow(
    database_url: str, prefix: str, make_workspace: WorkspaceFactory
) -> None:
    workspace = make_workspace(database_url)
    with workspace.stage("migrate") as (run, _):
        workspace.journal.of(run.id).finish_step(StepId.parse("copy:public.a>tenant"), seconds=5.0)
    with psycopg.connect(make_conninfo(database_url, dbname=f"{prefix}_migrator")) as connection:
        # Killed 50 minutes ago, ten minutes after it began, with its last step.
        connection.execute(
            "UPDATE migrator.stages SET status = 'running', finished_at = NULL, started_at = now() - interval '1 hour'"
        )
        connection.execute(
            "UPDATE migrator.steps SET started_at = now() - interval '50 min 5 s', "
            "finished_at = now() - interval '50 min'"
        )
    assert section(status(make_workspace(database_url)), "Stages")[0][3] == pytest.approx(600, abs=5)
    with make_workspace(database_url).stage("migrate"):
        pass
    stages = section(status(make_workspace(database_url)), "Stages")
    assert stages[0][1] == "interrupted"
    assert stages[0][3] == pytest.approx(600, abs=5)


def test_what_a_guard_stopped_is_refused_and_not_failed(database_url: str, make_workspace: WorkspaceFactory) -> None:
    workspace = make_workspace(database_url)
    with workspace.stage("backup"):
        pass
    with pytest.raises(RefusedError), workspace.stage("verify"):
        raise RefusedError("There is no completed migrate to verify.", "Run `migrator migrate` first.")
    outcome = status(make_workspace(database_url))
    assert [row[:2] for row in section(outcome, "Stages")] == [("backup", "done"), ("verify", "refused")]
    assert outcome.headline.endswith("UTC: refused.")
    assert tones(outcome)["Stages"] == "good"
    with pytest.raises(LookupError), workspace.stage("backup"):
        raise LookupError("lost")
    assert tones(status(make_workspace(database_url)))["Stages"] == "bad"


def test_all_steps_of_the_run_are_counted_and_databases_that_matter_come_first(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    workspace = make_workspace(database_url)
    with workspace.stage("migrate") as (run, _):
        journal = workspace.journal
        journal.of(run.id).record(PLANNED_STEPS, {"copy": 4, "finish": 4})
        journal.of(run.id).record_artefacts(
            [Artefact("database", f"x_{name}", "created", "tenant", key) for key, name in enumerate_keys("abcd")]
            + [Artefact("database", "x_template", "created", "tenant")],
        )
        journal.of(run.id).finish_step(StepId.parse("copy:public.a>tenant"), seconds=1.0, rows=9)
        journal.of(run.id).finish_step(StepId.parse("finish:x_a"), seconds=1.0, rows=10)
        journal.of(run.id).finish_step(StepId.parse("finish:x_b"), seconds=1.0, rows=99)
        journal.of(run.id).finish_step(StepId.parse("finish:x_c"), seconds=9.0, rows=1)
        journal.of(run.id).fail_step(StepId.parse("finish:x_d"), "disk full")
    outcome = status(make_workspace(database_url))
    assert outcome.summary["steps"] == "4 of 8 are done"
    assert [row[:3] for row in section(outcome, "Steps")] == [("copy", 4, 1), ("finish", 4, 3)]
    shown = section(outcome, "Databases of this run")
    assert [(row[0], row[4]) for row in shown] == [
        ("x_d", "failed"), ("x_c", "done"), ("x_b", "done"), ("x_a", "done"), ("x_template", "")
    ]  # fmt: skip
    assert tones(outcome)["Databases of this run"] == "bad"
    only = status(make_workspace(database_url), tenant="2")
    assert [row[0] for row in section(only, "Databases of this run")] == ["x_b"]
    with pytest.raises(RefusedError, match=r"No database of run .* is nobody's"):
        status(make_workspace(database_url), tenant="nobody")


def test_who_waits_for_whose_lock_is_shown(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(database_url, "CREATE TABLE a (id integer)")
    workspace = make_workspace(database_url)
    with workspace.stage("backup"):
        pass
    assert not section(status(make_workspace(database_url)), "Waiting for locks")
    endpoint = Endpoint(database_url)
    with psycopg.connect(database_url, application_name="billing") as writer:
        writer.execute("INSERT INTO a VALUES (1)")

        def fence() -> None:
            with connect(endpoint, purpose="fence") as connection:
                connection.execute("BEGIN; LOCK TABLE public.a IN SHARE ROW EXCLUSIVE MODE; COMMIT")

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(fence)
            (row,) = awaited(lambda: section(status(make_workspace(database_url)), "Waiting for locks"))
            writer.rollback()
            waiting.result()
    assert str(row[0]).startswith("migrator fence (pid ")
    assert str(row[3]).startswith("billing of ")


def test_an_interrupted_stage_is_told_in_words_whichever_version_recorded_it(
    database_url: str, prefix: str, make_workspace: WorkspaceFactory
) -> None:
    workspace = make_workspace(database_url)
    with pytest.raises(KeyboardInterrupt), workspace.stage("migrate"):
        raise KeyboardInterrupt
    note = "interrupted (Ctrl-C, SIGTERM or a closed terminal)"
    assert section(status(make_workspace(database_url)), "Stages")[0][4] == note
    with psycopg.connect(make_conninfo(database_url, dbname=f"{prefix}_migrator")) as connection:
        assert connection.execute("SELECT error FROM migrator.stages").fetchall() == [(note,)]
        connection.execute("UPDATE migrator.stages SET error = 'KeyboardInterrupt'")
    assert section(status(make_workspace(database_url)), "Stages")[0][4] == note


def test_a_failed_stage_shows_its_error_and_a_closed_run_how_it_ended(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    workspace = make_workspace(database_url)
    with pytest.raises(LookupError), workspace.stage("verify") as (run, _):
        raise LookupError("lost\nand more")
    assert "lost" in str(section(status(make_workspace(database_url)), "Stages")[0][4])
    workspace.journal.close_run(run.id, "rolled back")
    outcome = status(make_workspace(database_url))
    assert outcome.headline == "The last run is closed: rolled back. The next stage opens a new one."
    assert outcome.run_id == run.id


def test_a_fence_is_read_from_the_source_itself(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(database_url, "CREATE TABLE a (id integer)")
    endpoint = Endpoint(database_url)
    wait = LockWait(endpoint, 1, 2, Silent().say)
    with connect(endpoint, purpose="test") as connection:
        raise_fence(connection, [Relation("public", "a")], wait, run="r1", epoch="e1")
        fenced = status(make_workspace(database_url))
        lift_fence(connection, wait)
    assert fenced.sections[0].title == "FENCED"
    assert "run r1" in fenced.sections[0].text
    assert fenced.sections[0].tone == "bad"
    assert fenced.data["fenced"] is True
    assert status(make_workspace(database_url)).data["fenced"] is False


def test_placements_show_what_is_decided_what_is_not_and_what_is_severed(database_url: str, prefix: str) -> None:
    run_sql(
        database_url,
        """
        CREATE TABLE company (id integer PRIMARY KEY);
        CREATE TABLE account (id integer PRIMARY KEY);
        CREATE TABLE orders (id integer PRIMARY KEY, company_id integer REFERENCES company,
                             made_by integer CONSTRAINT made_by REFERENCES account);
        CREATE TABLE puzzle (id integer PRIMARY KEY);
        """,
    )
    document = {
        "source": {"url": database_url, "prefix": prefix},
        "tenants": {"root": "company"},
        "targets": {
            "auth": {"database": "{prefix}_auth", "migrations": "a"},
            "tenant": {"database": "{prefix}_{slug}", "migrations": "t", "per_tenant": True},
        },
        "tables": {"company": {"target": "auth"}, "account": {"target": "auth"}, "orders": {"target": "tenant"}},
    }
    outcome = placements(Workspace.of(Settings.model_validate(document), Silent()))
    assert (outcome.exit_code, outcome.status) == (1, "findings")
    assert [one["table"] for one in outcome.data["undecided"]] == ["puzzle"]
    assert [one["name"] for one in outcome.data["severed"]] == ["made_by", "orders_company_id_fkey"]
    row = next(row for row in section(outcome, "Placements") if row[0] == "orders")
    assert row[1] == "tenant"
    assert any("orders.company_id" in str(cell) for cell in row)
    placed = next(one for one in outcome.data["placements"] if one["table"] == "orders")
    assert "orders.company_id" in placed["key_path"][0]
    assert not any(name.startswith(f"{prefix}_migrator") for name in databases(database_url))
