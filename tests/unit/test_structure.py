"""The structure of the sources: the core does no I/O, folders stay small, and the import contracts can be broken."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "migrator"

# Files of a folder that a reader can take in at a glance.
MOST_FILES = 12

_LINT = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"

# Modules of the standard library through which a pure function would reach the world.
IMPURE_MODULES = {
    "asyncio", "ftplib", "glob", "http", "importlib", "io", "logging", "multiprocessing", "os", "random", "secrets",
    "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib",
    "uuid",
}  # fmt: skip
# urllib.parse only takes strings apart.
PURE_SUBMODULES = ("urllib.parse.",)
# A Path is a value until one of its methods looks at the disk; a datetime until it looks at the clock.
IMPURE_CALLS = {
    "open", "print", "input", "exec", "eval", "now", "utcnow", "today",
    "absolute", "chmod", "cwd", "expanduser", "home", "is_dir", "is_file", "iterdir", "mkdir", "read_bytes",
    "read_text", "resolve", "rglob", "stat", "touch", "unlink", "write_bytes", "write_text",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One imported module, by its full name, and where it is imported."""

    file: Path
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(PACKAGE.parent)}:{self.line} imports {self.module}"


def sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_reference" not in path.parts)


def part(path: Path) -> str:
    """The part of migrator that a file belongs to: the first name below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, wherever it stands: inside functions and `if TYPE_CHECKING` too."""
    package = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(path, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(name for name in (base, node.module) if name)
            for alias in node.names:
                yield Import(path, node.lineno, f"{module}.{alias.name}")


@cache
def all_imports() -> list[Import]:
    return [found for path in sources() for found in imports(path)]


def test_the_sources_are_found() -> None:
    assert PACKAGE / "errors.py" in sources()
    assert any(found.module.startswith("migrator.errors") for found in all_imports())


def test_no_folder_holds_more_files_than_a_reader_takes_in() -> None:
    folders = {path.parent for path in sources()}
    sizes = {
        str(folder.relative_to(PACKAGE.parent)): sum(1 for file in folder.glob("*.py") if file.name != "__init__.py")
        for folder in folders
    }
    assert {folder: size for folder, size in sizes.items() if size > MOST_FILES} == {}


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))",
        ],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("core/plan/steps.py", "import migrator.postgres.session.connect", "Imports point one way"),
        ("core/placement/place.py", "import migrator.core.audit.review", "in a circle"),
        ("commands/verify/command.py", "import psycopg", "the driver"),
        ("core/schema/names.py", "import sqlalchemy", "SQLAlchemy"),
    ],
)
def test_an_import_against_the_directions_is_seen(tmp_path: Path, file: str, line: str, contract: str) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "_reference")
    shutil.copytree(PACKAGE, tmp_path / "migrator", ignore=ignored)
    shutil.copy(PACKAGE.parent / "pyproject.toml", tmp_path)
    damaged = tmp_path / "migrator" / file
    damaged.write_text(f"{damaged.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    seen = lint_imports(tmp_path)
    assert seen.returncode == 1, seen.stdout + seen.stderr
    assert contract in next(row for row in seen.stdout.splitlines() if row.endswith("BROKEN"))


def test_the_core_imports_nothing_that_reaches_the_world() -> None:
    wrong = [
        str(found)
        for found in all_imports()
        if part(found.file) == "core"
        and found.module.split(".")[0] in IMPURE_MODULES
        and not found.module.startswith(PURE_SUBMODULES)
    ]
    assert wrong == []


def test_the_core_calls_nothing_that_reaches_the_world() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE.parent)}:{node.lineno} calls {name}"
        for path in sources()
        if part(path) == "core"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and (name := called(node)) in IMPURE_CALLS
    ]
    assert wrong == []


def called(call: ast.Call) -> str:
    """The last name of what is called: `now` for datetime.now()."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
