"""The command init: reads an undescribed database, and writes migrator.toml and the Alembic trees for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrator.commands.init.report import MIGRATIONS
from migrator.commands.init.result import Initialized, TreesWritten
from migrator.commands.init.survey import Wanted, find, find_grouped
from migrator.commands.init.tenant_root import Ask, AskTree
from migrator.commands.shared.trees import divide_source, write_trees
from migrator.commands.shared.workspace import Workspace
from migrator.core.init.config_file import render
from migrator.core.placement.place import place
from migrator.errors import RefusedError
from migrator.files import write_atomically
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.schema.dump_contents import Ownership
from migrator.settings import Settings
from migrator.settings.load import DEFAULT_FILE, parsed

__all__ = ["Ask", "AskTree", "Wanted", "init", "regenerate_trees"]

_DEFAULT = Wanted()


def init(
    workspace: Workspace,
    directory: Path,
    wanted: Wanted = _DEFAULT,
    *,
    ask: Ask | None = None,
    ask_tree: AskTree | None = None,
) -> Initialized:
    """Writes `migrator.toml` and `migrations/` into `directory`.

    Raises:
        RefusedError: migrator.toml exists, a tree of somebody's is in the way, or the tenant root is ambiguous and
            there is nobody to ask.
        ConfigurationError: the tenant root that was named does not exist.
        DatabaseError: the source cannot be read.
    """
    file = directory / DEFAULT_FILE
    if file.exists():
        raise RefusedError(
            f"{file} exists already.",
            "Edit it, or move it away; `migrator init --trees` writes only the Alembic trees anew, for what it says.",
        )
    with workspace.read_source("init") as connection:
        if wanted.layout == "tenants":
            findings = find(workspace, connection, wanted, ask, ask_tree)
        else:
            findings = find_grouped(workspace, connection, wanted)
    text = render(findings)
    directory.mkdir(parents=True, exist_ok=True)
    settings = _settings(workspace.settings, directory, text)
    placements = place(findings.catalog, settings)
    text = render(replace(findings, severed=placements.severed))
    trees = divide_source(replace(workspace, settings=settings), findings.catalog, placements, wanted.ownership)
    made = write_trees(directory / MIGRATIONS, trees)
    write_atomically(file, text.encode(), mode=0o644)
    return Initialized(str(workspace.source), findings, placements, trees, file, tuple(made))


def regenerate_trees(workspace: Workspace, directory: Path, ownership: Ownership = "kept") -> TreesWritten:
    """Writes the trees anew for an edited migrator.toml.

    Raises:
        RefusedError: a tree has been edited or continued.
    """
    with workspace.read_source("init") as connection:
        catalog = read_catalog(connection, workspace.settings.source.schemas)
    placements = place(catalog, workspace.settings)
    trees = divide_source(workspace, catalog, placements, ownership)
    made = write_trees(directory / MIGRATIONS, trees)
    return TreesWritten(trees, tuple(made))


def _settings(settings: Settings, directory: Path, text: str) -> Settings:
    """The settings that the file will give, with the source that this command was given."""
    read = parsed(text, directory)
    source = read.source.model_copy(
        update={
            name: getattr(settings.source, name) for name in ("url", "host", "port", "user", "password", "database")
        }
    )
    return read.model_copy(update={"source": source, "servers": settings.servers, "paths": settings.paths})
