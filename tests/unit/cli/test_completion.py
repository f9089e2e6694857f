"""What the shell completes without a server, and the scripts that let it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from migrator.cli.options import Options
from migrator.cli.program import program
from migrator.cli.run import run
from migrator.core.audit.rules import RULES
from tests.project import TOPSTEEL


def completed(*words: str) -> list[str]:
    """What is offered for the last of the words, which follow `migrator`."""
    shell = ShellComplete(program, {"obj": Options()}, "migrator", "_MIGRATOR_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("DB_", "MIGRATOR_")):
            monkeypatch.delenv(name)


def test_commands_and_options_and_choices() -> None:
    assert completed("ver") == ["verify"]
    assert {"show", "diff"} == set(completed("plan", ""))
    assert completed("doctor", "--stage", "mi") == ["migrate"]
    assert completed("completion", "") == ["bash", "zsh", "fish"]
    assert "--watch" in completed("status", "--w")


def test_rules_pages_and_commands_are_the_packages() -> None:
    assert completed("audit", "--rule", "") == list(RULES)
    assert completed("explain", "S0") == [rule for rule in RULES if rule.startswith("S0")]
    assert completed("explain", "13") == ["130"]
    assert completed("help", "dry") == ["dry-run"]
    assert set(completed("help", "plan", "")) == {"show", "diff"}


def test_what_migrator_toml_names_is_found_where_the_command_would_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completed("clean", "--rule", "") == []  # nothing is configured here
    config = str(TOPSTEEL / "migrator.toml")
    assert "quotes-of-others" in completed("--config", config, "clean", "--rule", "")
    assert completed("clean", "--config", config, "--rule", "quotes-of") == ["quotes-of-others"]
    monkeypatch.setenv("MIGRATOR_CONFIG", config)
    assert completed("clean", "--rule", "quotes-of") == ["quotes-of-others"]
    assert "societes" in completed("init", "--tenant-root", "")


@pytest.mark.parametrize("words", [("history", "--run", ""), ("rollback", "--tenant", ""), ("plan", "show", "")])
def test_where_no_server_can_be_asked_nothing_is_offered_and_nothing_printed(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert completed(*words) == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_migrator(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_MIGRATOR_COMPLETE={shell}_complete" in script
    assert "migrator" in script


def test_a_shell_that_is_not_known_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "csh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_bash_completes_by_the_script(tmp_path: Path) -> None:
    typed = tmp_path / "migrator"
    typed.write_text(f'#!/bin/sh\nexec {sys.executable} -m migrator "$@"\n', encoding="utf-8")
    typed.chmod(0o755)
    script = (
        f"source <({typed} completion bash)\nCOMP_WORDS=({typed} explain S0)\nCOMP_CWORD=2\n"
        f"_migrator_completion {typed}\necho ${{COMPREPLY[@]}}\n"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path
    )
    assert done.stdout.split() == [rule for rule in RULES if rule.startswith("S0")]
    assert done.stderr == ""
