"""config show and config check, as they are typed: no server is within reach of these tests."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from migrator.cli.run import run
from tests.project import REPOSITORY, TOPSTEEL


@pytest.fixture(autouse=True)
def _a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the reference project below a directory that is not the current one."""
    for name in os.environ:
        if name.startswith(("DB_", "MIGRATOR_", "PG")):
            monkeypatch.delenv(name)
    text = (TOPSTEEL / "migrator.toml").read_text(encoding="utf-8")
    (tmp_path / "migrator.toml").write_text(text.replace("../../migrations/", "migrations/"), encoding="utf-8")
    shutil.copytree(REPOSITORY / "migrations", tmp_path / "migrations")
    (tmp_path / ".env").write_text("MIGRATOR_SOURCE_URL=postgresql://u:secret1@h/d\n", encoding="utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")


def document(capsys: pytest.CaptureFixture[str], exit_code: int, *arguments: str) -> dict[str, Any]:
    assert run([*arguments, "--output", "json"]) == exit_code
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["exit_code"] == exit_code
    return answer


def test_show_names_the_origin_of_each_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = document(capsys, 0, "config", "show", "--jobs", "3")
    found = {(one["section"], one["name"]): one for one in answer["settings"]}
    assert answer["file"] == str(tmp_path / "migrator.toml")
    assert found["limits", "jobs"] == {"section": "limits", "name": "jobs", "value": 3, "origin": "flag --jobs"}
    url = found["source", "url"]
    assert url["origin"] == f"variable MIGRATOR_SOURCE_URL in {tmp_path / '.env'}"
    assert url["value"] == "postgresql://u:********@h/d"
    number = int(found["tenants", "root"]["origin"].removeprefix(f"{tmp_path / 'migrator.toml'}:"))
    lines = (tmp_path / "migrator.toml").read_text(encoding="utf-8").splitlines()
    assert lines[number - 1].startswith("root = ")


def test_show_in_text_keeps_secrets_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show"]) == 0
    shown = capsys.readouterr().out
    assert "secret1" not in shown
    assert "variable MIGRATOR_SOURCE_URL in .env" in shown
    assert "migrator.toml:" in shown


def test_check_of_a_good_configuration_is_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = document(capsys, 0, "config", "check")
    assert answer["headline"] == f"{tmp_path / 'migrator.toml'}: ok."
    assert answer["problems"] == []


def edit(directory: Path, old: str, new: str) -> None:
    file = directory / "migrator.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_check_tells_every_wrong_setting_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "migrator.toml").open("a", encoding="utf-8") as file:
        file.write('\n[tables.zzz]\ntarget = "nowhere"\n[tables.yyy]\nignore = ""\n[limits]\njobz = 1\n')
    answer = document(capsys, 2, "config", "check", "--throttle", "fast")
    told = " / ".join(one["what"] for one in answer["problems"])
    assert answer["status"] == "usage"
    for part in ("names the target 'nowhere'", "ignore needs the reason", "did you mean jobs?", "from --throttle"):
        assert part in told, part
    assert len(answer["problems"]) == 4


def test_check_looks_at_everything_that_needs_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(tmp_path / "migrations" / "shared")
    (tmp_path / ".env").write_text("MIGRATOR_SOURCE_URL=postgresql://u:100%@h/d\n", encoding="utf-8")
    with (tmp_path / "migrator.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[targets.more]\ndatabase = "{prefix}_{nope}"\nmigrations = "migrations/auth"\nserver = "far"\n'
            '[backup]\nencrypt = "no-such-program-here"\n[paths]\nprograms = "nowhere"\n'
            '[audit]\nhistory_before = ["none.sql"]\n'
        )
    answer = document(capsys, 2, "config", "check")
    told = [one["what"] for one in answer["problems"]]
    for part in (
        "[source] url (from MIGRATOR_SOURCE_URL) cannot be understood",
        "targets.more.server names 'far'",
        "targets.more.database cannot be filled: 'nope'",
        "targets.shared.migrations: ",
        "paths.programs is no directory",
        "audit.history_before: there is no file",
        "backup.encrypt: there is no program 'no-such-program-here'",
    ):
        assert any(one.startswith(part) or part in one for one in told), (part, told)
    assert len(told) == 7
    assert all(one["remedy"] for one in answer["problems"])


def test_check_of_what_is_not_toml_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "migrator.toml").write_text("[source\n", encoding="utf-8")
    assert "is not valid TOML" in document(capsys, 2, "config", "check")["error"]["message"]
