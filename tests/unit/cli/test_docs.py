"""The documentation keeps up: every command, option, setting, variable and exit code has its place in docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args, get_origin

import click
import pytest
from pydantic import BaseModel

import migrator.demo.demonstration  # noqa: F401  its errors are among those that must be listed
from migrator.cli.options import common_options
from migrator.cli.program import program
from migrator.core.result.next_commands import STAGES
from migrator.core.result.outcome import Status
from migrator.errors import MigratorError
from migrator.settings import Settings
from migrator.settings.load import ENVIRONMENT

DOCS = Path(__file__).parents[3] / "docs"
COMMANDS = sorted(program.commands)
COMMON = {declaration for option in common_options() for declaration in option.opts}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def leaves(command: str) -> Mapping[str, click.Command]:
    """What can be typed, by its name: the command itself, or those of its family."""
    found = program.commands[command]
    if isinstance(found, click.Group):
        return {f"{command} {name}": one for name, one in found.commands.items()}
    return {command: found}


def own_options(command: str) -> list[click.Option]:
    parameters = [one for leaf in leaves(command).values() for one in leaf.params]
    return [one for one in parameters if isinstance(one, click.Option) and not COMMON & set(one.opts)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_a_page_that_names_its_options_and_exit_codes(command: str) -> None:
    text = page(f"commands/{command}.md")
    assert text.startswith(f"# migrator {command}\n")
    for option in own_options(command):
        assert f"`{option.opts[0]}" in text, option.opts[0]
    described = {line.split("`")[1].split(",")[0].split()[0] for line in text.splitlines() if line.startswith("| `--")}
    assert described <= {declaration for option in own_options(command) for declaration in option.opts}
    assert "Exit codes: 0" in text
    assert f"[{command}]({command}.md)" in page("commands/README.md")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_itself_with_examples(command: str) -> None:
    found = program.commands[command]
    assert found.short_help
    assert "Examples:\n" in (found.help or "")
    assert f"migrator {command}" in (found.help or "").replace("--jobs 8 ", "")
    for name, leaf in leaves(command).items():
        assert leaf.short_help
        assert f"migrator {name}" in (leaf.help or "").replace("--jobs 8 ", "")
        assert all(option.help for option in leaf.params if isinstance(option, click.Option))
        # An argument is explained in the text.
        assert all(str(one.name).upper() in (leaf.help or "") for one in leaf.params if isinstance(one, click.Argument))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_of_a_family_names_each_of_its_commands(command: str) -> None:
    assert all(f"migrator {name}" in page(f"commands/{command}.md") for name in leaves(command))


@pytest.mark.parametrize("name", [path.stem for path in (DOCS / "commands").glob("*.md") if path.stem != "README"])
def test_a_page_has_a_command(name: str) -> None:
    assert name in COMMANDS


def test_common_options_are_listed_once() -> None:
    text = page("commands/README.md")
    for option in common_options():
        for declaration in option.opts:
            assert f"`{declaration}" in text, declaration


def test_every_stage_is_a_command() -> None:
    assert set(STAGES) <= set(COMMANDS)


def _errors(kind: type[MigratorError] = MigratorError) -> Iterator[type[MigratorError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _errors(child)


def test_every_exit_code_and_status_is_listed() -> None:
    text = page("exit-codes.md")
    for error in _errors():
        assert f"| {error.exit_code} | " in text, error
        assert f"`{error.status}`" in text, error
    for status in get_args(Status):
        assert f"`{status}`" in text


def _settings(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, str]]:
    """(section, setting) of every leaf, sections as headings name them."""
    for name, field in model.model_fields.items():
        name = field.alias or name
        nested = next(
            (kind for kind in (field.annotation, *get_args(field.annotation)) if _is_model(kind)),
            None,
        )
        if nested is None:
            yield place, name
        else:
            of_many = get_origin(field.annotation) is Mapping
            yield from _settings(nested, f"{place}.{name}".lstrip(".") + (".NAME" if of_many else ""))


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _sections() -> dict[str, str]:
    found: dict[str, str] = {}
    for part in page("configuration.md").split("\n## ")[1:]:
        found[part.partition("]")[0].strip("`[")] = part
    # The one sub-table has no heading of its own.
    found["tenants.default"] = found["tenants"].partition("`[tenants.default]`")[2]
    found["roles.readers.NAME"] = found["roles.NAME"]  # a role's own name is the key in the file
    return found


@pytest.mark.parametrize(("section", "setting"), [one for one in _settings(Settings) if one[0]])
def test_every_setting_is_explained_in_its_section(section: str, setting: str) -> None:
    cells = [line.split("|")[1] for line in _sections()[section].splitlines() if line.startswith("| `")]
    assert any(f"`{setting}`" in cell for cell in cells)


def test_no_setting_is_explained_that_does_not_exist() -> None:
    known: dict[str, set[str]] = {}
    for section, setting in _settings(Settings):
        known.setdefault(section, set()).add(setting)
    sections = _sections()
    sections["tenants"] = sections["tenants"].partition("`[tenants.default]`")[0]
    for section, names in known.items():
        if not section:
            continue
        cells = [line.split("|")[1] for line in sections[section].splitlines() if line.startswith("| `")]
        nested = {one.removeprefix(f"{section}.") for one in known if one.startswith(f"{section}.")}
        assert {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)} <= names | nested, section


def test_every_variable_is_listed() -> None:
    text = page("configuration.md")
    for variable in ENVIRONMENT:
        assert f"`{variable}`" in text, variable
