"""Generates the Alembic trees of every target from the source's own DDL."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from migrator.commands.shared.workspace import Workspace
from migrator.core.placement.model import Placements
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.schema.function_tables import named_tables, spellings
from migrator.core.trees.alembic_files import BASELINE, GENERATED, fingerprint, tree_files
from migrator.core.trees.calling_checks import CallingCheck, without_unreadable_checks
from migrator.core.trees.divide_ddl import divide_ddl, naming, outdated
from migrator.core.trees.division import Division, Entry, ScriptFile, divide, script_files
from migrator.core.trees.tenant_objects import OwnEntries, apart, own_entries, without_own_grants
from migrator.errors import RefusedError
from migrator.files import write_atomically
from migrator.postgres.schema.catalog_rows import CallingCheckRow
from migrator.postgres.schema.dump_contents import Ownership, read_entries
from migrator.postgres.session.connect import rows
from migrator.postgres.session.records import records

LEFT_OUT_FILE = "left_out.sql"


@dataclass(frozen=True)
class Trees:
    """The division of the source's objects, and the trees' files that it amounts to."""

    division: Division  # among databases, each named by its host
    objects: dict[str, tuple[Entry, ...]]  # by target
    scripts: dict[str, tuple[ScriptFile, ...]]
    names: dict[str, tuple[ScriptFile, ...]]  # what takes the tables from the source's names to the target's
    schemas: dict[str, str]  # of targets that have one of their own
    own: OwnEntries  # what single tenants have
    search_path: str = ""  # what functions of the source find others by


def divide_source(
    workspace: Workspace, catalog: Catalog, placements: Placements, ownership: Ownership = "kept"
) -> Trees:
    """Reads the source's DDL and divides it among the targets as its tables are placed."""
    entries = read_entries(workspace.source, ownership, programs=workspace.programs)
    with workspace.read_source("init") as connection:
        populated = [name for (name,) in rows(connection, "schema/populated_views")]
        checks = [
            CallingCheck(
                Relation(row.schema, row.table_name),
                row.name,
                Relation(row.routine_schema, row.routine_name),
                row.add_statement,
                row.drop_statement,
            )
            for row in records(connection, "schema/calling_checks", CallingCheckRow)
        ]
    names = spellings(catalog)
    schemas = {relation.schema for relation in catalog.tables} | set(workspace.settings.source.schemas)
    chosen = set(workspace.settings.source.schemas)
    settings = workspace.settings
    patterns = workspace.settings.tenants.per_tenant_objects
    per_tenant = frozenset(host for host in settings.hosted if settings.targets[host].per_tenant)
    entries, grants = without_own_grants(entries, patterns)
    databases = {one.relation: frozenset(one.homes) for one in placements.tables.values()}
    division = divide(
        entries,
        databases,
        tuple(settings.hosted),
        mentions=lambda text: named_tables(text, names),
        in_scope=lambda schema: not chosen or not schema or schema in schemas,
    )
    division = without_unreadable_checks(division, checks, databases)
    own, division = apart(own_entries(entries, patterns, grants), division, per_tenant)
    objects: dict[str, tuple[Entry, ...]] = {}
    for host, members in settings.hosted.items():
        homes = {
            one.relation: next(target for target in one.targets if target in members)
            for one in placements.tables.values()
            if host in one.homes
        }
        objects |= divide_ddl(division, host, members, homes)
        dated = tuple(outdated(division.targets[host], division, placements))
        division = replace(division, warnings=(*division.warnings, *dated))
    return Trees(
        division,
        objects,
        {target: script_files(files, last=_refreshed(files, populated)) for target, files in objects.items()},
        {target: naming(target, files, placements, catalog, settings) for target, files in objects.items()},
        {name: target.schema_ for name, target in settings.targets.items() if target.schema_},
        own,
        workspace.search_path,
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
        for revision in GENERATED:
            shutil.rmtree(tree / "versions" / revision, ignore_errors=True)
            (tree / "versions" / f"{revision}.py").unlink(missing_ok=True)
        schema = trees.schemas.get(target, "")
        for path, text in tree_files(target, scripts, trees.names[target], schema, trees.search_path).items():
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
        path.name for path in versions.glob("*.py") if path.stem not in GENERATED and not path.name.startswith("_")
    )
    if others:
        raise RefusedError(f"{tree} has revisions of its own: {', '.join(others)}.", hint)
    for name in GENERATED:
        revision = versions / f"{name}.py"
        files = [ScriptFile(path.name, path.read_bytes().decode()) for path in sorted((versions / name).glob("*.sql"))]
        unchanged = f'GENERATED = "{fingerprint(files)}"'
        if revision.is_file() and unchanged not in revision.read_text(encoding="utf-8"):
            raise RefusedError(f"The revision {name} of {tree} has been changed since it was generated.", hint)
