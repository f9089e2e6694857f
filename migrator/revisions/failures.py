"""Where in a tree a statement failed: the file, its line, and the statement, as far as the server says."""

from __future__ import annotations

import traceback
from pathlib import Path

import sqlalchemy as sa

_SHOWN = 300  # characters of a statement


class ScriptError(Exception):
    """A statement of a revision's .sql file failed; `error` is what the driver said of it."""

    def __init__(self, script: Path, text: str, error: sa.exc.DBAPIError) -> None:
        super().__init__(str(error.orig))
        self.script = script
        self.text = text
        self.error = error


def place_of(tree: Path, error: sa.exc.DBAPIError | ScriptError) -> str:
    """What to say behind "A revision of TREE failed": ", FILE line N, in STATEMENT"; "" where nothing is known."""
    tree = tree.resolve()
    if isinstance(error, ScriptError):
        file = error.script.relative_to(tree) if error.script.is_relative_to(tree) else error.script
        position = getattr(getattr(error.error.orig, "diag", None), "statement_position", None)
        if position is None:
            return f", {file}"
        at = int(position) - 1
        return f", {file} line {error.text.count(chr(10), 0, at) + 1}, in {_shown(_statement_at(error.text, at))}"
    inside = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(tree / "versions")
    ]
    where = f", {Path(inside[-1].filename).relative_to(tree)} line {inside[-1].lineno}" if inside else ""
    return f"{where}, in {_shown(error.statement)}" if error.statement else where


def _statement_at(text: str, at: int) -> str:
    """The lines around a place that are likely its statement: as pg_dump writes them, up to one that ends in ;."""
    start = text.rfind(";\n", 0, at) + 1
    end = text.find(";\n", at)
    lines = text[start : end if end >= 0 else None].strip().splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


def _shown(statement: str) -> str:
    text = " ".join(statement.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
