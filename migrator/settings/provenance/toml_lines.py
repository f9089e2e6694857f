"""Tells in which line of a TOML file each value stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any


def lines_of_values(text: str) -> Mapping[tuple[str, ...], int]:
    """The line, from 1, in which each value and table of a valid TOML text begins; a list is one value.

    Statements are read one by one, each by tomllib itself: a line that is no statement yet (a text or a list that goes
    on) is read together with the next one.
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    statement, begun = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        statement, begun = (f"{statement}\n{line}", begun) if statement else (line, number)
        try:
            document = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if statement.lstrip().startswith("["):
            table = _deepest(document)
            lines.setdefault(table, begun)
        else:
            for path in _leaves(document):
                lines.setdefault((*table, *path), begun)
        statement = ""
    return lines


def _deepest(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The path of the one table that a heading makes."""
    path: tuple[str, ...] = ()
    part: Any = document
    while part:
        if isinstance(part, list):
            part = part[0]
            continue
        ((name, part),) = part.items()
        path = (*path, name)
    return path


def _leaves(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, value in document.items():
        if isinstance(value, dict) and value:
            for path in _leaves(value):
                yield (name, *path)
        else:
            yield (name,)
