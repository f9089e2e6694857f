"""The command line: exit codes, documents on stdout whatever happens, errors told once, interrupts, broken pipes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest

from migrator import logs
from migrator.cli import run as running
from migrator.cli.options import Options
from migrator.cli.session import Session
from migrator.core.result.outcome import Outcome
from migrator.errors import DatabaseError, RefusedError, TargetsFailedError

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("DB_", "MIGRATOR_", "PG"))}


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No configuration of the developer's own is within reach; logging is put back afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - ENVIRONMENT.keys():
        monkeypatch.delenv(name)
    yield
    logs.close_file()


def stage(monkeypatch: pytest.MonkeyPatch, result: Outcome | BaseException) -> list[Session]:
    """Puts `result` in the place of `migrator placements`; returns the sessions it was asked for."""
    asked: list[Session] = []

    def work(session: Session) -> Outcome:
        asked.append(session)
        if isinstance(result, BaseException):
            raise result
        return result

    from migrator.cli.program import program

    monkeypatch.setattr(program.commands["placements"], "callback", lambda: work)
    return asked


def document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "No such command 'nope'"),
        (["status", "--nope"], "No such option '--nope'"),
        (["verify", "--tenant", "acme"], "verify is about the whole run: it has no --tenant. Of one tenant are"),
        (["--jobs", "0", "status"], "0 is not in the range"),
        (["clean", "--execute", "--restore"], "exclude each other"),
        (["verify", "--sample", "0"], "'--sample'"),
        (["audit", "--baseline", "none.json"], "does not exist"),
        (["status"], "There is no migrator.toml in"),
        (["--config", "none.toml", "status"], "There is no configuration file none.toml"),
        (["status", "--report", "no/such/dir/r.json"], "There is no directory"),
    ],
)
def test_wrong_usage_is_exit_code_2_in_words_and_in_json(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert running.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert said in captured.err
    assert "hint:" in captured.err

    assert running.run([*arguments, "--output", "json"]) == 2
    found = document(capsys.readouterr().out)
    assert (found["status"], found["exit_code"], found["schema_version"]) == ("usage", 2, 1)
    assert said in found["error"]["message"]
    assert found["error"]["hint"]


@pytest.mark.parametrize("arguments", [["--sample"], ["--nope"], ["extra"], ["--jobs", "0"], ["--config"]])
def test_a_command_that_is_not_understood_points_to_its_own_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert running.run(["verify", *arguments]) == 2
    assert "`migrator verify --help`" in capsys.readouterr().err


@pytest.mark.parametrize("spelling", [["--output", "json"], ["--output=json"], ["-o", "json"], ["-ojson"]])
def test_usage_errors_are_json_however_the_option_is_spelt(
    spelling: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert running.run([*spelling, "status", "--nope"]) == 2
    assert document(capsys.readouterr().out)["command"] == "status"


def test_the_program_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert running.run([]) == 0
    shown = capsys.readouterr()
    assert "Commands:" in shown.out
    assert shown.err == ""


def test_half_a_command_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert running.run(["plan"]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["dry-run"], ["plan"], ["plan", "diff"]], ids=" ".join)
def test_help_is_what_the_option_shows(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert running.run(["help", *command]) == 0
    shown = capsys.readouterr().out
    assert running.run([*command, "--help"]) == 0
    assert capsys.readouterr().out == shown
    assert shown.startswith(f"Usage: {' '.join(['migrator', *command])} ")


@pytest.mark.parametrize(
    ("command", "known"), [(["nope"], "dry-run"), (["plan", "nope"], "diff"), (["lock", "x"], "none")]
)
def test_help_of_an_unknown_command_lists_what_there_is(
    command: list[str], known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert running.run(["help", *command]) == 2
    shown = capsys.readouterr().err
    assert f"{command[-1]!r}; it has: " in shown
    assert known in shown


@pytest.mark.parametrize(("command", "name"), [(["help", "dry-run"], "help"), (["completion", "zsh"], "script")])
def test_what_is_printed_as_it_is_is_a_document_where_one_is_asked_for(
    command: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert running.run(command) == 0
    text = capsys.readouterr().out
    assert running.run([*command, "--output", "json"]) == 0
    answer = document(capsys.readouterr().out)
    assert answer[name] + "\n" == text
    assert (answer["command"], answer["exit_code"]) == (command[0], 0)
    assert running.run([*command, "--report", "file.txt"]) == 2
    assert "--report does not go with" in capsys.readouterr().err


def test_a_document_cannot_be_watched(capsys: pytest.CaptureFixture[str]) -> None:
    assert running.run(["status", "--watch", "--output", "json"]) == 2
    message = document(capsys.readouterr().out)["error"]["message"]
    assert message == "--watch does not go with --output json."


def test_common_options_may_stand_before_and_after_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = stage(monkeypatch, Outcome("placements"))
    running.run(["--jobs", "3", "--source", "postgresql:///a", "placements", "--prefix", "p", "--jobs", "4", "-v"])
    options = asked[0].options
    assert options.flags == {
        ("limits", "jobs"): 4,
        ("source", "url"): "postgresql:///a",
        ("source", "prefix"): "p",
    }
    assert options.verbose
    assert options.command == "placements"
    assert asked[0].settings.limits.jobs == 4


def test_the_commands_to_type_next_name_the_same_configuration() -> None:
    options = Options(config=Path("my conf/erp.toml"))
    commands = ("verify", "dry-run")
    assert options.repeated("migrator verify", commands) == "migrator --config 'my conf/erp.toml' verify"
    assert options.repeated("psql x", commands) == "psql x"
    assert Options().repeated("migrator verify", commands) == "migrator verify"
    hint = "Run `migrator dry-run` first; migrator verifies nothing. `migrator verify --help` says more."
    assert options.repeated(hint, commands) == hint.replace(
        "migrator dry-run", "migrator --config 'my conf/erp.toml' dry-run"
    )


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (RefusedError("No.", "Do."), 3, "refused"),
        (TargetsFailedError("Some.", "Again."), 4, "failed"),
        (DatabaseError("Down.", "Up."), 5, "database-error"),
        (OSError(28, "No space left on device", "/x"), 5, "database-error"),
        (PermissionError(13, "Permission denied", "/x"), 2, "usage"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("division by zero"), 70, "bug"),
        (FileNotFoundError(2, "No such file", "/x"), 70, "bug"),
    ],
)
def test_every_end_has_its_exit_code_and_its_document(
    error: BaseException, code: int, status: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage(monkeypatch, error)
    assert running.run(["placements", "--output", "json"]) == code
    captured = capsys.readouterr()
    found = document(captured.out)
    assert (found["exit_code"], found["status"], found["command"]) == (code, status, "placements")
    assert found["error"]["message"]
    assert captured.err.startswith("error: ")
    assert captured.err.count(found["error"]["message"]) == 1


def test_an_outcome_gives_its_own_exit_code_and_goes_to_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage(monkeypatch, Outcome("placements", "findings", 1, headline="Two.", next=("migrator verify",)))
    assert running.run(["--config", "e.toml", "placements"]) == 1
    captured = capsys.readouterr()
    heading, origin, *rest = captured.out.splitlines()
    assert origin.startswith(f"from {gethostname()} by migrator ")
    assert [heading, *rest] == [
        "placements  findings", "Two.", "", "Next", "  migrator --config e.toml verify"
    ]  # fmt: skip
    assert captured.err == ""


def test_html_is_written_for_results_and_for_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for result in (Outcome("placements"), RefusedError("No.", "Do <this>.")):
        stage(monkeypatch, result)
        running.run(["placements", "-o", "html"])
        assert capsys.readouterr().out.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("result", [Outcome("placements", headline="Two."), RefusedError("Two.", "Do.")])
def test_a_report_is_a_file_of_the_format_that_its_name_says(
    result: Outcome | RefusedError, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage(monkeypatch, result)
    for name in ("r.json", "r.html", "r.txt"):
        running.run(["placements", "--report", name])
    assert document((tmp_path / "r.json").read_text())["headline"] == "Two."
    assert (tmp_path / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert "Two." in (tmp_path / "r.txt").read_text()
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o600


def test_passwords_are_masked_wherever_an_error_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage(monkeypatch, DatabaseError("cannot parse postgresql://u:geheim@h/db", "password=geheim"))
    running.run(["placements", "--output", "json"])
    captured = capsys.readouterr()
    assert "geheim" not in captured.out + captured.err


def test_a_bug_leaves_its_traceback_in_the_log_and_a_short_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "migrator.toml").write_text('[source]\nurl = "postgresql:///x"\n')
    from migrator.cli.program import program

    def work(session: Session) -> Outcome:
        assert session.workspace.source.database == "x"
        raise LookupError("lost")

    monkeypatch.setattr(program.commands["placements"], "callback", lambda: work)
    assert running.run(["placements"]) == 70
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert str(tmp_path / "logs" / "migration.log") in told
    lines = [json.loads(line) for line in (tmp_path / "logs" / "migration.log").read_text().splitlines()]
    assert "LookupError: lost" in lines[-1]["exception"]
    assert running.run(["placements", "-v"]) == 70
    assert "Traceback" in capsys.readouterr().err


def _process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "migrator", *arguments],
        env={**ENVIRONMENT, **options.pop("env", {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def test_as_a_process_it_is_the_same_program() -> None:
    ran = _process("status", "--output", "json")
    assert ran.returncode == 2
    assert document(ran.stdout)["error"]["message"].startswith("There is no migrator.toml")
    assert _process("--version").stdout.startswith("migrator, version ")


def test_a_pipe_without_colour_gets_none_whatever_the_environment_says() -> None:
    ran = _process(
        "--source", "postgresql://u@localhost:1/x", "status", env={"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}
    )
    assert ran.returncode == 5
    assert "\x1b" not in ran.stdout + ran.stderr


def test_a_reader_that_goes_away_changes_nothing(tmp_path: Path) -> None:
    script = f"{sys.executable} -m migrator status --output json | true; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", script], env=ENVIRONMENT, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "2"
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


_SLOW = """
import sys, time
from migrator.cli import run
from migrator.cli.program import program
from migrator.core.result.outcome import Outcome
def work(session):
    session.progress.start("waiting")
    try:
        print("ready", file=sys.stderr, flush=True)
        time.sleep(30)
    finally:
        print("tidying", file=sys.stderr, flush=True)
        time.sleep(float(sys.argv[1]))
program.commands["placements"].callback = lambda: work
sys.exit(run.run(["placements", "--output", "json"]))
"""


# Dataclasses and named tuples execute text where they are made.
_INTERRUPTED = """
from migrator.cli import main
from migrator.cli.program import program
program.commands["placements"].callback = lambda: lambda session: exec("raise KeyboardInterrupt")
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_lets_it_tidy_up_and_says_how_to_go_on(number: signal.Signals) -> None:
    # `nohup make test` ignores it, and so would the program, on purpose.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        process = _slow("0")
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "tidying" in err
    assert "`migrator placements` goes on where it stopped" in document(out)["error"]["hint"]


def test_the_second_signal_ends_it_at_once() -> None:
    process = _slow("30")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() == "tidying\n"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - began < 10


def test_an_interrupted_import_is_handled_as_any_other_place(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(_INTERRUPTED)
    ended = subprocess.run(
        [sys.executable, "-m", "interrupted", "placements", "--output", "json"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert document(ended.stdout)["exit_code"] == 130
    assert ended.returncode == 130


def _slow(tidying_seconds: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW, tidying_seconds],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    return process


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [("r1\n", 0, ""), ("r2\n", 3, "That is not the run's id; nothing was changed."), ("", 130, "nothing was changed.")],
)
def test_rollback_at_a_terminal_goes_on_only_when_the_runs_id_is_typed(
    typed: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from migrator.cli.commands.after_migrate import rollback as back
    from migrator.commands.rollback import command as rollback
    from migrator.commands.rollback import report

    confirmed: list[str | None] = []

    def stage(headline: str, _: object, __: object, *, confirm: str | None) -> Outcome:
        confirmed.append(confirm)
        return Outcome("rollback", run_id="r1", headline=headline)

    monkeypatch.setattr(rollback, "validate_rollback", partial(stage, "Can go ahead."))
    monkeypatch.setattr(rollback, "rollback", partial(stage, "Taken back."))
    monkeypatch.setattr(report, "present", lambda outcome: outcome)
    monkeypatch.setattr(Session, "workspace", None)
    monkeypatch.setattr(back, "is_attended", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert running.run(["rollback"]) == code
    told = capfd.readouterr()
    assert "Can go ahead." in told.err
    assert said in told.err
    assert confirmed == ([None, "r1"] if code == 0 else [None])
    assert ("Taken back." in told.out) == (code == 0)
