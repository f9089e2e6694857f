"""The front door: what it names is there, is imported when it is asked for, and is all that anybody outside uses."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import migrator
from migrator.core.result.outcome import Outcome
from migrator.presenters import present

REPOSITORY = Path(__file__).parents[2]
FRONT_DOOR = REPOSITORY / "migrator" / "__init__.py"

# Parts of the program that are measured alone, by what is inside of it.
MEASURED_ALONE = {
    "benchmarks/contenders/inside.py",
    "benchmarks/contenders/relay.py",
    "benchmarks/online/followed.py",
    "benchmarks/online/scenarios/capture.py",
}


def test_every_name_is_there() -> None:
    for name in migrator.__all__:
        assert getattr(migrator, name) is not None
    assert set(migrator.__all__) <= set(dir(migrator))


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Migrations'"):
        _ = migrator.Migrations


def test_types_and_names_are_imported_from_the_same_places() -> None:
    (checking,) = (one for one in ast.parse(FRONT_DOOR.read_text(encoding="utf-8")).body if isinstance(one, ast.If))
    typed = {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in checking.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    lazy = {
        name: f"migrator.{place}" if ":" in place else f"migrator.{place}:{name}"
        for name, place in migrator._PLACES.items()
    }
    assert lazy == typed
    assert {*lazy, "__version__"} == set(migrator.__all__)


def test_importing_it_imports_nothing_else() -> None:
    program = "import sys, migrator; print(*(name for name in sys.modules if name.startswith('migrator')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"migrator", "migrator.version"}


def test_its_version_is_the_packages() -> None:
    assert f'\nversion = "{migrator.__version__}"\n' in (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")


def test_what_is_no_result_is_not_presented() -> None:
    with pytest.raises(AssertionError):
        present(Outcome("verify"))  # type: ignore[arg-type]


def inside(source: str) -> Iterator[str]:
    """What a file outside of the package imports of it that is not in its front door; env.py calls `revisions`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("migrator."))
        elif isinstance(node, ast.ImportFrom) and node.module == "migrator":
            yield from (f"migrator.{alias.name}" for alias in node.names if alias.name not in migrator.__all__)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("migrator."):
            yield str(node.module)


def outside() -> Iterator[Path]:
    for tree in ("benchmarks", "tests/acceptance"):
        yield from (
            file
            for file in sorted((REPOSITORY / tree).rglob("*.py"))
            if file.name != "env.py" and str(file.relative_to(REPOSITORY)) not in MEASURED_ALONE
        )


def test_benchmarks_and_acceptance_use_the_front_door_only() -> None:
    files = list(outside())
    assert len(files) > 15
    assert {
        str(file.relative_to(REPOSITORY)): names
        for file in files
        if (names := list(inside(file.read_text(encoding="utf-8"))))
    } == {}


@pytest.mark.parametrize(
    "line",
    ["import migrator.logs", "from migrator.settings import Settings", "from migrator import files"],
)
def test_a_way_past_the_front_door_is_seen(line: str) -> None:
    assert list(inside(f"import migrator\n{line}\n")) != []


def test_exceptions_are_still_needed() -> None:
    for name in MEASURED_ALONE:
        assert list(inside((REPOSITORY / name).read_text(encoding="utf-8")))
