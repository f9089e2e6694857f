"""The structure of the sources: the core does no I/O, folders stay small, and the import contracts can be broken."""

from __future__ import annotations

import ast
import os
import re
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


_SQL = re.compile(r"\s*(--.*\s+)*(SELECT|WITH|INSERT|UPDATE|DELETE|COPY|CREATE|ALTER|DROP|BEGIN|SET|DO|LOCK|GRANT)\b")


def test_sql_of_ours_is_ascii() -> None:
    """A database of another encoding refuses a character that it lacks, in a comment too."""
    texts = {
        str(path): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.sql") if "_reference" not in path.parts
    }
    assert len(texts) > 50
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            text = getattr(node, "value", None)
            if (
                isinstance(node, ast.Constant)
                and isinstance(text, str)
                and id(node) not in docstrings
                and _SQL.match(text)
            ):
                texts[f"{path}:{node.lineno}"] = text
    assert [place for place, text in texts.items() if not text.isascii()] == []


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


# Names that say how a value was come by and not what it is.
VAGUE = {"found", "one", "told"}


def vague_names(source: str) -> Iterator[str]:
    """Parameters, and variables that are returned, whose names do not say what they are; with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.arg in VAGUE:
            yield f"{node.lineno}: the parameter {node.arg}"
        elif isinstance(node, ast.Return) and (name := returned(node.value)) in VAGUE:
            yield f"{node.lineno}: return {name}"


def returned(value: ast.expr | None) -> str:
    """The variable that is returned, as it is or as a tuple, list, … of it; '' where an expression is."""
    match value:
        case (
            ast.Name(id=name)
            | ast.Call(
                func=ast.Name(id="tuple" | "list" | "dict" | "set" | "frozenset" | "sorted"), args=[ast.Name(id=name)]
            )
        ):
            return name
    return ""


def test_arguments_and_results_are_named_for_what_they_are() -> None:
    vague = {
        f"{file.relative_to(PACKAGE)}:{name}"
        for file in sources()
        for name in vague_names(file.read_text(encoding="utf-8"))
    }
    assert vague == set()


@pytest.mark.parametrize(
    "damage",
    [
        "def f(found): ...",
        "def f(*, one=1): ...",
        "def f(*told): ...",
        "async def f():\n    return found",
        "def f():\n    return tuple(found)",
        "key = lambda one: 1",
    ],
)
def test_a_vague_name_is_seen(damage: str) -> None:
    assert list(vague_names(damage))


def test_other_uses_of_the_words_are_none_of_its_concern() -> None:
    assert not list(
        vague_names("def f(survey):\n    one = survey.one\n    return [one for one in survey if survey.found]")
    )


def without_opening(source: str) -> bool:
    """Whether a module does not open with a docstring whose first line is a sentence."""
    opening = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    return not re.fullmatch(r"[A-Z`a-z].*\.", opening)


def test_every_module_opens_with_a_sentence_on_what_it_does() -> None:
    assert [str(file) for file in sources() if without_opening(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("damage", ["import os", '"""Reads rows"""', '"""Reads rows of many\ntables."""'])
def test_a_module_without_a_sentence_is_seen(damage: str) -> None:
    assert without_opening(damage)


def presenters(source: str) -> Iterator[tuple[str, str]]:
    """(function, its parameters) of everything that makes a report."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) == "Outcome":
            yield node.name, ast.unparse(node.args)


def impure(source: str) -> list[str]:
    """The presenters that are handed a way to the world."""
    return [name for name, parameters in presenters(source) if re.search(r"Workspace|Connection|Journal", parameters)]


def test_commands_return_values_and_reports_are_made_of_these() -> None:
    rooms = [path for path in sources() if part(path) == "commands"]
    assert sum(len(list(presenters(path.read_text(encoding="utf-8")))) for path in rooms) > 25
    assert {str(path): names for path in rooms if (names := impure(path.read_text(encoding="utf-8")))} == {}


def test_no_report_reads_anything() -> None:
    """A module report.py has no way to a database, a file or the clock, but by what it imports for its types."""
    reports = [path for path in sources() if part(path) == "commands" and path.stem.startswith("report")]
    assert len(reports) >= 10
    wrong = [str(found) for found in all_imports() if found.file in reports and reaches(found.module)]
    assert wrong == []
    assert [
        f"{path}:{node.lineno}"
        for path in reports
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and called(node) in IMPURE_CALLS
    ] == []


def reaches(module: str) -> bool:
    """Whether a module opens connections or files, or knows the time."""
    ways = ("migrator.commands.shared.workspace", "migrator.postgres.session", "migrator.files", "migrator.engine")
    return module.startswith(ways) or module.split(".")[0] in IMPURE_MODULES


@pytest.mark.parametrize("module", ["migrator.postgres.session.connect.session", "time", "migrator.files.sha256"])
def test_a_report_that_reads_is_seen(module: str) -> None:
    assert reaches(module)


def test_a_command_that_makes_its_report_itself_is_seen() -> None:
    assert impure("def verify(workspace: Workspace) -> Outcome: ...") == ["verify"]


# What there is of each today, with a little room for what is under way. Make the bound smaller when the number falls.
MOST_LONG_FUNCTIONS = 5
MOST_WIDE_SIGNATURES = 14
MOST_FLAGS = 100
MOST_NESTED_TUPLES = 55
# Lines, and parameters without self, beyond which a function asks to be divided, or to be given a value.
LONG, WIDE = 60, 6


def unwieldy(source: str) -> tuple[list[str], list[str]]:
    """(functions of more than LONG lines, functions of more than WIDE parameters), by name."""
    long, wide = [], []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if (node.end_lineno or node.lineno) - node.lineno + 1 > LONG:
            long.append(node.name)
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if sum(parameter.arg not in ("self", "cls") for parameter in given) > WIDE:
            wide.append(node.name)
    return long, wide


def test_functions_do_not_grow() -> None:
    long, wide = [], []
    for file in sources():
        of_file = unwieldy(file.read_text(encoding="utf-8"))
        long += [f"{file.relative_to(PACKAGE)}: {name}" for name in of_file[0]]
        wide += [f"{file.relative_to(PACKAGE)}: {name}" for name in of_file[1]]
    assert len(long) <= MOST_LONG_FUNCTIONS, long
    assert len(wide) <= MOST_WIDE_SIGNATURES, wide


def test_an_unwieldy_function_is_seen() -> None:
    body = "    pass\n" * LONG
    assert unwieldy(f"def f():\n{body}") == (["f"], [])
    assert unwieldy("class A:\n    def f(self, a, b, c, d, *, e, f, g): ...") == ([], ["f"])
    assert unwieldy("class A:\n    def f(self, a, b, c, d, *, e, f): ...") == ([], [])


def flags(source: str) -> Iterator[str]:
    """Parameters that are booleans: the name at a call has to say what True means there."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from (
                f"{node.name}({parameter.arg})"
                for parameter in given
                if parameter.annotation is not None and ast.unparse(parameter.annotation) == "bool"
            )


def nested_tuples(source: str) -> list[str]:
    """Lines on which rows without names for their fields are passed on."""
    return [line.strip() for line in source.splitlines() for _ in range(line.count("tuple[tuple["))]


def test_flags_and_rows_without_names_do_not_come_back() -> None:
    sources_by_file = {file.relative_to(PACKAGE): file.read_text(encoding="utf-8") for file in sources()}
    flagged = [f"{file}: {name}" for file, source in sources_by_file.items() for name in flags(source)]
    nested = [f"{file}: {line}" for file, source in sources_by_file.items() for line in nested_tuples(source)]
    assert len(flagged) <= MOST_FLAGS, flagged
    assert len(nested) <= MOST_NESTED_TUPLES, nested


def test_a_flag_and_a_row_without_names_are_seen() -> None:
    assert list(flags("class A:\n    def f(self, a: bool, *, b: bool = False, c: str = '') -> bool: ...")) == [
        "f(a)", "f(b)"
    ]  # fmt: skip
    assert nested_tuples("def f() -> tuple[tuple[str, int], ...]:\n    rows: list[tuple[str, int]] = []") == [
        "def f() -> tuple[tuple[str, int], ...]:"
    ]
