"""Compares a tree's models with a database at its head, by Alembic's autogenerate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import autogenerate
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from migrator.revisions.tree import Connect, config_of, opened


def differences(tree: Path, connect: Connect) -> tuple[str, ...]:
    """What autogenerate would change in a database at the tree's head, one line each; none where models agree with it.

    Raises:
        ConfigurationError: the tree is missing or cannot be loaded, or it has no metadata.
    """
    return tuple(str(change) for change in _changes(tree, connect))


def unknown_tables(tree: Path, connect: Connect) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tables of a database at the tree's head that its models lack, and what else autogenerate would change there.

    Raises what `differences` raises.
    """
    changes = _changes(tree, connect)
    tables = {change[1].fullname for change in changes if change[0] == "remove_table"}
    others = (
        change
        for change in changes
        # What goes with a table's removal is no news.
        if not (change[0] == "remove_table" or (change[0] == "remove_index" and change[1].table.fullname in tables))
    )
    return tuple(sorted(tables)), tuple(str(change) for change in others)


def _changes(tree: Path, connect: Connect) -> list[Any]:
    config = config_of(tree)
    changes: list[Any] = []

    def compare(_revision: Any, migration: MigrationContext) -> list[Any]:
        metadata = migration.opts["target_metadata"]
        if metadata is None:
            raise CommandError("run_environment was called without metadata")
        changes.extend(autogenerate.compare_metadata(migration, metadata))
        return []

    with opened(tree, connect) as connection:
        config.attributes["connection"] = connection
        script = ScriptDirectory.from_config(config)
        with EnvironmentContext(config, script, fn=compare):
            script.run_env()
    return changes
