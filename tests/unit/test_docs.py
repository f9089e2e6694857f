"""The pages lead somewhere: links, images and anchors exist, and every command line can be typed as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from migrator.cli.options import common_options
from migrator.cli.program import program

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/**/*.md")
    for path in REPOSITORY.glob(pattern)
)
COMMON = {declaration: option for option in common_options() for declaration in option.opts}


def named(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get: lower case, without punctuation, blanks as hyphens."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for address in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
        if re.match(r"[a-z]+:", address):
            continue
        path, _, anchor = address.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), address
        assert not anchor or anchor in anchors(linked), address


def command_lines(page: Path) -> Iterator[str]:
    """What follows `migrator` in the lines of a page's code blocks, one for each command that a shell would run."""
    blocks = re.findall(r"^```(?:bash|console)?\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    for line in [*"".join(blocks).splitlines(), *indented]:
        for part in re.split(r"\|\||&&|[|;>]", line.partition("  #")[0].removeprefix("$ ")):
            words = part.split()
            if words[:1] == ["migrator"] and len(words) > 1 and re.fullmatch(r"[-a-z]+", words[1]):
                yield part


@pytest.mark.parametrize("page", [page for page in PAGES if any(command_lines(page))], ids=named)
def test_the_command_lines_of_a_page_name_commands_and_options_that_exist(page: Path) -> None:
    for line in command_lines(page):
        command: click.Command = program
        arguments = 0
        known = dict(COMMON)
        words = iter(shlex.split(line)[1:])
        for word in words:
            if word.startswith("-"):
                name = word.partition("=")[0]
                assert name in known or name in ("--help", "-h", "--version"), line
                if name in known and not known[name].is_flag and "=" not in word:
                    assert next(words, None) is not None, line
            elif isinstance(command, click.Group):
                assert word in command.commands, line
                command = command.commands[word]
                known |= {name: one for one in command.params if isinstance(one, click.Option) for name in one.opts}
                takes = [one.nargs for one in command.params if isinstance(one, click.Argument)]
                arguments = len(line) if -1 in takes else sum(takes)
            elif arguments:
                arguments -= 1
            else:
                raise AssertionError(f"{line}: {command.name} takes no {word!r}")
        assert not isinstance(command, click.Group), line


def test_the_reader_finds_command_lines() -> None:
    found = [line for page in PAGES for line in command_lines(page)]
    assert len(found) > 50
    assert any("--restore-quarantine" in line for line in found)
