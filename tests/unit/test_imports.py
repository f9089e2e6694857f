"""Imports point one way, the driver stays in its package, and the core does no I/O. Read from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "migrator"

# What each part of migrator may import from the others; itself and its own parts always. settings are values
# (its load.py reads files) and errors only name things, so everything may use them.
FOUNDATION = {"errors", "core", "settings"}
MAY_IMPORT: dict[str, set[str]] = {
    "__main__": {"cli"},
    "cli": {
        "demo", "commands", "engine", "postgres", "journal", "revisions", "report", "files", "logs", *FOUNDATION,
    },
    "commands": {
        "engine", "postgres", "journal", "revisions", "report", "files", "logs", *FOUNDATION,
    },
    "demo": {"commands", "engine", "postgres", "journal", "report", "logs", *FOUNDATION},
    "engine": {"postgres", "journal", "revisions", "files", "logs", *FOUNDATION},
    "postgres": {"files", "logs", *FOUNDATION},
    "journal": {"logs", *FOUNDATION},
    "revisions": {"logs", *FOUNDATION},
    "report": FOUNDATION,
    "files": set(),
    "logs": {"errors"},
    "core": {"errors", "settings"},
    "settings": {"errors"},
    "errors": set(),
    "__init__": set(),
}  # fmt: skip

# Who alone may import a library that the others must not know of.
LIBRARIES: dict[str, set[str]] = {
    "psycopg": {"postgres"},
    "sqlalchemy": {"journal", "revisions"},
    "alembic": {"revisions"},
    "click": {"__main__", "cli"},
    "rich": {"cli", "report"},
    "distributed": {"engine"},
    "graphviz": {"report"},
    "jinja2": {"report"},
    "pydantic": {"settings", "core"},
    "dotenv": {"settings"},
    "structlog": {"cli", "logs", "commands", "engine", "postgres", "journal", "revisions"},
}

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


def test_every_part_has_a_place_in_the_order() -> None:
    assert {part(path) for path in sources()} <= MAY_IMPORT.keys()


def test_no_arrow_runs_back() -> None:
    wrong = [
        str(found)
        for found in all_imports()
        if found.module.startswith("migrator.")
        and (imported := found.module.split(".")[1]) != (importer := part(found.file))
        # `from migrator import __version__` names a value of the package, not a part of it.
        and imported in MAY_IMPORT
        and imported not in MAY_IMPORT[importer]
    ]
    assert wrong == []


def test_the_order_itself_has_no_cycle() -> None:
    settled: set[str] = set()
    while remaining := {name for name in MAY_IMPORT if name not in settled}:
        free = {name for name in remaining if MAY_IMPORT[name] <= settled}
        assert free, f"these import each other: {sorted(remaining)}"
        settled |= free


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_stays_where_it_belongs(library: str) -> None:
    wrong = [
        str(found)
        for found in all_imports()
        if found.module.split(".")[0] == library and part(found.file) not in LIBRARIES[library]
    ]
    assert wrong == []


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
