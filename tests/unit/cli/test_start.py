"""What a command has no use for, it does not import: each of these libraries takes longer than all of our modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Each has a use of its own: revisions, pictures, HTML, the driver, configuration, a terminal, the journal, the log.
HEAVY = frozenset({"alembic", "graphviz", "jinja2", "psycopg", "pydantic", "rich", "sqlalchemy", "structlog"})

_TELL = f"print(*{set(HEAVY)} & sys.modules.keys(), sep='\\n', file=sys.stderr)"


def imported(code: str, directory: Path) -> frozenset[str]:
    """The heavy libraries that a new process has imported when it has run `code`."""
    program = f"import sys\ntry:\n    {code}\nfinally:\n    {_TELL}\n"
    done = subprocess.run([sys.executable, "-c", program], cwd=directory, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return HEAVY.intersection(done.stderr.splitlines())


def command(*arguments: str) -> str:
    return f"from migrator.cli import main; sys.argv = {['migrator', *arguments]}; main()"


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("migrate", "--help"), ("init", "--help")])
def test_help_needs_none_of_the_libraries(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert imported(command(*arguments), tmp_path) == set()


def test_a_look_that_ends_before_the_journal_does_without_sqlalchemy(tmp_path: Path) -> None:
    assert imported(command("status"), tmp_path) == {"psycopg", "pydantic", "rich", "structlog"}


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("migrator.commands.status.command", {"alembic", "graphviz", "jinja2", "sqlalchemy"}),
        ("migrator.commands.migrate.command", {"graphviz", "jinja2"}),
        ("migrator.engine.units", {"alembic", "graphviz", "jinja2"}),
    ],
    ids=["status", "migrate", "workers"],
)
def test_a_stage_imports_what_it_needs_in_any_case(module: str, unneeded: set[str], tmp_path: Path) -> None:
    found = imported(f"import {module}", tmp_path)
    assert "psycopg" in found  # the module has been imported, and what it imports has been seen
    assert found & unneeded == set()
