"""Finds the pages of the documentation that the package carries, by the names that messages and reports use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from migrator.errors import ConfigurationError
from migrator.files import reference_directory

Kind = Literal["audit rule", "exit code", "command", "word"]
KINDS: tuple[Kind, ...] = ("audit rule", "exit code", "command", "word")

_EXIT_CODE = re.compile(r"^## Exit code (\d+): .+$", re.MULTILINE)
_HEADING = re.compile(r"^## .+$", re.MULTILINE)
_ROW = re.compile(r"^\| (?!word \|)([^|]+) \| ([^|]+) \| [^|]* \| ([^|]*)\|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name as it is typed, its title, and its Markdown, which begins with the title as a heading."""

    kind: Kind
    name: str
    title: str
    text: str


def pages(directory: Path | None = None) -> tuple[Page, ...]:
    """Every page, by kind; `directory` is that of the documentation, by default the one that the package carries.

    Raises:
        ConfigurationError: the documentation is not there.
    """
    directory = directory if directory is not None else reference_directory() / "docs"
    try:
        return (
            *_files(directory / "audit", "[A-Z][0-9]*.md", "audit rule"),
            *_exit_codes((directory / "exit-codes.md").read_text(encoding="utf-8")),
            *_files(directory / "commands", "[a-z]*.md", "command"),
            *_words((directory / "glossary.md").read_text(encoding="utf-8")),
        )
    except OSError as error:
        raise ConfigurationError(
            f"The documentation is not where it belongs: {error.filename}.", "Install migrator again."
        ) from error


def find_page(name: str, among: tuple[Page, ...]) -> Page:
    """The page of that name, however it is capitalized; `migrator dry-run` means the command's.

    Raises:
        ConfigurationError: there is none; the hint lists what there is.
    """
    wanted = " ".join(name.casefold().split()).removeprefix("migrator ").removeprefix("exit code ")
    for page in among:
        if wanted in (page.name.casefold(), page.title.casefold()):
            return page
    by_name = {page.name.casefold(): page.name for page in among}
    close = [by_name[one] for one in get_close_matches(wanted, by_name, n=3)]
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    raise ConfigurationError(f"Nothing is called {name!r}.", f"{meant}What is explained:\n{listed_names(among)}")


def listed_names(among: tuple[Page, ...]) -> str:
    """The names of all pages, a line for each kind."""
    return "\n".join(f"  {kind}s: {', '.join(page.name for page in among if page.kind == kind)}" for kind in KINDS)


def _files(directory: Path, pattern: str, kind: Kind) -> Iterator[Page]:
    if not directory.is_dir():
        raise FileNotFoundError(2, "no such directory", str(directory))
    for file in sorted(directory.glob(pattern)):
        text = file.read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("# ")
        yield Page(kind, file.stem, title.removeprefix(f"{file.stem}: "), text)


def _exit_codes(text: str) -> Iterator[Page]:
    """The sections of exit-codes.md, each with its row of the table."""
    rows = _exit_code_rows(text)
    for heading in _EXIT_CODE.finditer(text):
        code = heading[1]
        following = _HEADING.search(text, heading.end())
        body = text[heading.end() : following.start() if following else len(text)].strip()
        title = heading[0].removeprefix("## ")
        status, meaning, remedy = rows[code]
        summary = f"Status: {status}.\n\n{meaning}\n\nWhat to do: {remedy}"
        yield Page("exit code", code, title, f"# {title}\n\n{summary}\n\n## More\n\n{body}\n")


def _exit_code_rows(text: str) -> Mapping[str, tuple[str, str, str]]:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    return {code: (status, meaning, remedy) for code, status, meaning, remedy in rows}


def _words(text: str) -> Iterator[Page]:
    """The rows of the glossary's tables: a page for each word of `reader, builder`."""
    for row in _ROW.finditer(text):
        words, meaning, elsewhere = (part.strip() for part in row.groups())
        if set(words) <= {"-"}:
            continue
        for word in words.split(", "):
            named = f"\n\nElsewhere it is called: {elsewhere}." if elsewhere else ""
            yield Page("word", word, word, f"# {words}\n\n{meaning}{named}\n")
