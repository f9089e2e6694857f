"""Generating the Alembic trees of every target from the source's own DDL."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migrator.core.baseline import BASELINE, fingerprint, tree_files
from migrator.core.catalog import Catalog
from migrator.core.mentions import named_tables, spellings
from migrator.core.placement import Placements
from migrator.core.tree import Division, Entry, ScriptFile, divide, script_files
from migrator.errors import RefusedError
from migrator.files import write_atomically
from migrator.postgres.archive import read_entries
from migrator.postgres.connect import rows
from migrator.stages.workspace import Workspace

LEFT_OUT_FILE = "left_out.sql"


@dataclass(frozen=True)
class Trees:
    """The division of the source's objects, and the trees' files that it amounts to."""

    division: Division
    scripts: dict[str, tuple[ScriptFile, ...]]


def divide_source(workspace: Workspace, catalog: Catalog, placements: Placements) -> Trees:
    """Reads the source's DDL and divides it among the targets as its tables are placed."""
    entries = read_entries(workspace.source, programs=workspace.programs)
    with workspace.read_source("init") as connection:
        populated = [name for (name,) in rows(connection, "populated_views")]
    names = spellings(catalog)
    schemas = {relation.schema for relation in catalog.tables} | set(workspace.settings.source.schemas)
    chosen = set(workspace.settings.source.schemas)
    division = divide(
        entries,
        {one.relation: frozenset(one.targets) for one in placements.tables.values()},
        tuple(workspace.settings.targets),
        mentions=lambda text: named_tables(text, names),
        in_scope=lambda schema: not chosen or not schema or schema in schemas,
    )
    return Trees(
        division,
        {target: script_files(found, last=_refreshed(found, populated)) for target, found in division.targets.items()},
    )


def _refreshed(entries: Sequence[Entry], populated: Sequence[str]) -> tuple[str, ...]:
    """REFRESH for every materialized view that holds rows in the source: an unpopulated one cannot be queried."""
    statements = []
    for entry in entries:
        if entry.kind == "MATERIALIZED VIEW":
            statements += [f"REFRESH MATERIALIZED VIEW {name};" for name in populated if f" {name} AS" in entry.sql]
    return tuple(statements)


def write_trees(directory: Path, trees: Trees) -> tuple[Path, ...]:
    """Writes every target's tree below `directory`; returns the directories.

    Raises:
        RefusedError: a tree is there already, and somebody has changed or continued it.
    """
    made = []
    for target in trees.scripts:
        _require_replaceable(directory / target)
    for target, scripts in trees.scripts.items():
        tree = directory / target
        old = tree / "versions" / BASELINE
        if old.is_dir():
            shutil.rmtree(old)
        for path, text in tree_files(target, scripts).items():
            file = tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, text.encode(), mode=0o644)
        (tree / "versions" / BASELINE).mkdir(parents=True, exist_ok=True)
        made.append(tree)
    _write_left_out(directory / LEFT_OUT_FILE, trees)
    return tuple(made)


def _write_left_out(file: Path, trees: Trees) -> None:
    if not trees.division.left:
        file.unlink(missing_ok=True)
        return
    parts = ["-- What no target's tree makes, with the reason. Nothing executes this file."]
    for one in trees.division.left:
        parts.append(f"-- {one.entry.title}: {one.reason}\n{one.entry.sql.strip()}")
    write_atomically(file, ("\n\n".join(parts) + "\n").encode(), mode=0o644)


def _require_replaceable(tree: Path) -> None:
    """A generated baseline that nobody touched may be generated again; anything else is somebody's work."""
    versions = tree / "versions"
    if not tree.exists() or not any(tree.iterdir()):
        return
    hint = "Move it away, or choose another directory: --into."
    revision = versions / f"{BASELINE}.py"
    if not revision.is_file():
        raise RefusedError(f"{tree} exists and is not a tree that migrator generated.", hint)
    others = sorted(
        path.name for path in versions.glob("*.py") if path.name != revision.name and not path.name.startswith("_")
    )
    if others:
        raise RefusedError(f"{tree} has revisions of its own: {', '.join(others)}.", hint)
    found = [
        ScriptFile(path.name, path.read_text(encoding="utf-8")) for path in sorted((versions / BASELINE).glob("*.sql"))
    ]
    if f'GENERATED = "{fingerprint(found)}"' not in revision.read_text(encoding="utf-8"):
        raise RefusedError(f"The baseline of {tree} has been changed since it was generated.", hint)
