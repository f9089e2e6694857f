"""Every rule, exit code, command and word is explained by the pages that are in the package, at any width."""

from __future__ import annotations

import io
import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console

from migrator.cli.failures import BugError
from migrator.cli.program import program
from migrator.cli.run import run
from migrator.commands.explain.pages import Page, find_page, pages
from migrator.core.audit.rules import RULES
from migrator.core.result.outcome import Outcome, Status
from migrator.errors import ConfigurationError, MigratorError
from migrator.report.text import render_text
from tests.project import REPOSITORY

PAGES = pages()


def exit_codes(kind: type[MigratorError] = MigratorError) -> set[int]:
    return {kind.exit_code}.union(*(exit_codes(child) for child in kind.__subclasses__()))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_explained_by_its_page(rule: str) -> None:
    page = find_page(rule.lower(), PAGES)
    assert (page.kind, page.name, page.title) == ("audit rule", rule, RULES[rule].title)
    assert page.text == (REPOSITORY / "docs" / "audit" / f"{rule}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", sorted({0, BugError.exit_code, *exit_codes()}))
def test_an_exit_code_is_explained_with_what_to_do(code: int) -> None:
    page = find_page(str(code), PAGES)
    assert page.kind == "exit code"
    assert page.text.startswith(f"# Exit code {code}: ")
    assert "\nWhat to do: " in page.text
    # Nothing of the next exit code is in it.
    assert page.text.count("Exit code ") == 1
    assert len(page.text.partition("## More\n")[2]) > 100


def test_each_status_is_on_the_page_of_an_exit_code() -> None:
    told = "\n".join(page.text for page in PAGES if page.kind == "exit code")
    assert [status for status in get_args(Status) if status != "planned" and f"`{status}`" not in told] == []


@pytest.mark.parametrize("command", sorted(program.commands))
def test_a_command_is_explained(command: str) -> None:
    assert find_page(f"migrator {command}", PAGES).text.startswith(f"# migrator {command}\n")


def test_every_word_of_the_glossary_is_explained() -> None:
    rows = [
        line.split("|")[1:3]
        for line in (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| word |")
    ]
    assert len(rows) > 60
    for words, meaning in rows:
        for word in words.strip().split(", "):
            of_that_name = [page for page in PAGES if page.kind == "word" and page.name == word]
            assert any(meaning.strip() in page.text for page in of_that_name), word


def test_a_name_means_one_page_of_its_kind() -> None:
    names = [(page.kind, page.name.casefold()) for page in PAGES]
    assert len(names) == len(set(names))


def test_the_wheel_carries_what_is_explained() -> None:
    wheel = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wheel = wheel["targets"]["wheel"]
    included = wheel["only-include"]
    for part in ("docs/audit", "docs/commands", "docs/exit-codes.md", "docs/glossary.md"):
        assert part in included
        assert (REPOSITORY / part).exists()
    assert wheel["sources"]["docs"] == "migrator/_reference/docs"


def test_an_installed_package_is_read_and_a_broken_one_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not where it belongs") as caught:
        pages(tmp_path)
    assert caught.value.hint == "Install migrator again."


@pytest.mark.parametrize("width", [40, 80, 140])
def test_a_page_is_written_at_the_terminals_width(width: int) -> None:
    for page in PAGES:
        lines = rendered(page, width)
        code = [line for line in page.text.splitlines() if line.startswith("|")]
        too_wide = [line for line in lines if len(line.rstrip()) > width and not line.startswith("    ")]
        assert code or too_wide == [], page.name
        assert "](" not in "".join(lines), page.name


def rendered(page: Page, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, highlight=False)
    with console.capture() as captured:
        render_text(Outcome("explain", page=page.text), console)
    return captured.get().splitlines()


def test_a_page_has_no_colours_of_its_own() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard", highlight=False)
    with console.capture() as captured:
        render_text(Outcome("explain", page=find_page("S13", PAGES).text), console)
    assert set(re.findall(r"\x1b\[([0-9;]*)m", captured.get())) <= {"1", "0"}


def test_a_statement_can_be_copied_from_a_narrow_terminal() -> None:
    (line,) = [line for line in rendered(find_page("S13", PAGES), 40) if "SELECT" in line]
    assert line.strip().startswith("SELECT name, version FROM pg_available_extension_versions ORDER BY name, version;")


def test_elsewhere_it_is_the_markdown_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "s06"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("# S06: Row that references another tenant's row\n")
    assert "S03's and S24's" in shown  # links lead nowhere here


def test_in_json_it_has_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "key", "path", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["name"], document["exit_code"]) == ("word", "key path", 0)
    assert document["markdown"].startswith("# key path\n")


def test_an_unknown_name_lists_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "S6"]) == 2
    shown = capsys.readouterr().err
    assert "Nothing is called 'S6'" in shown
    assert "Did you mean S" in shown
    for name in (*RULES, "130", "sequences", "tenant root"):
        assert name in shown, name


def test_without_a_name_it_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    shown = capsys.readouterr().out
    assert "- S06: Row that references another tenant's row" in shown
    assert "- 4: some targets failed" in shown
