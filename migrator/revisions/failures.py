"""Where in a tree a statement failed: the file, its line, and the statement, as far as the server says."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa

_SHOWN = 300  # characters of a statement
_OURS = Path(__file__).resolve().parents[1]  # the package migrator


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


def place_of_code(tree: Path, directories: Collection[Path], error: BaseException) -> str | None:
    """What to say behind "A revision of TREE failed" of an exception that the tree's own Python raised.

    ", FILE line N, in CODE", or None where it was raised by anything else: by migrator, or before the tree's files.
    `directories` are those of its files, resolved. What a library raises was asked of it by the code that called it.
    """
    tree = tree.resolve()
    if isinstance(error, SyntaxError) and error.filename and _is_in(Path(error.filename).resolve(), directories):
        return _place_of_line(tree, Path(error.filename).resolve(), error.lineno, error.text)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename).resolve()
        if _is_in(file, directories):
            return _place_of_line(tree, file, frame.lineno, frame.line)
        if file.is_relative_to(_OURS):
            break
    # Alembic asks a revision's module for what it should define, upgrade() for example.
    module = getattr(error, "obj", None)
    if isinstance(error, AttributeError) and isinstance(module, ModuleType) and module.__file__:
        file = Path(module.__file__).resolve()
        return _place_of_line(tree, file, None, None) if _is_in(file, directories) else None
    return None


def _is_in(file: Path, directories: Collection[Path]) -> bool:
    return any(file.is_relative_to(directory) for directory in directories)


def _place_of_line(tree: Path, file: Path, line: int | None, code: str | None) -> str:
    place = f", {file.relative_to(tree) if file.is_relative_to(tree) else file}"
    place += f" line {line}" if line else ""
    return place + (f", in {_shown(code)}" if code and code.strip() else "")


def _statement_at(text: str, at: int) -> str:
    """The lines around a place that are likely its statement: as pg_dump writes them, up to one that ends in ;."""
    start = text.rfind(";\n", 0, at) + 1
    end = text.find(";\n", at)
    lines = text[start : end if end >= 0 else None].strip().splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


def _shown(statement: str) -> str:
    text = " ".join(statement.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
