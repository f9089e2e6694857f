"""Upgrades a database to a revision of a tree, and reads at which one it is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from migrator.errors import ConfigurationError
from migrator.revisions.tree import Connect, bases, config_of, engine_for, opened

# What env.py talks to is one object of Alembic's module: two threads would give each other's database to their trees.
_alembic = threading.Lock()


def upgrade_together(trees: Sequence[tuple[Path, str]], connect: Connect) -> None:
    """Brings trees that meet in one database, each given with its schema, to their heads.

    They run in their order, all first revisions before any later one: what references the tables of another tree
    finds them, whatever the directions. Raises as `upgrade` does.
    """
    if len(trees) > 1:
        for tree, schema in trees:
            for first in bases(tree):
                upgrade(tree, connect, first, schema=schema)
    for tree, schema in trees:
        upgrade(tree, connect, schema=schema)


def upgrade(tree: Path, connect: Connect, revision: str = "head", *, schema: str = "") -> None:
    """Runs the tree's revisions up to `revision` in the database that `connect` opens, in one transaction.

    `connect` returns a raw, transactional driver connection. With a `schema` (made where it is missing) the tree's
    version table is in it, and tables that its revisions do not qualify.

    Raises:
        ConfigurationError: the tree is missing, cannot be loaded, has no such revision, or its env.py did not use the
            connection that it was given.
        DatabaseError: a revision failed; the database is as it was before.
    """
    config = config_of(tree)
    with opened(tree, connect) as connection:
        config.attributes["connection"] = connection
        config.attributes["schema"] = schema
        with _alembic:
            command.upgrade(config, revision)
        wanted = ScriptDirectory.from_config(config).get_heads() if revision in ("head", "heads") else None
        if wanted is not None and set(wanted) != set(_heads_in(connection, schema)):
            # An env.py of the usual kind opens a connection of its own: the revisions ran, but somewhere else.
            raise ConfigurationError(
                f"The revisions of {tree} ran, but not in the database that migrator opened.",
                f"Let {tree / 'env.py'} call migrator.revisions.run_environment(metadata).",
            )


def downgrade(tree: Path, connect: Connect, revision: str = "base") -> None:
    """Takes the tree's revisions back down to `revision`; raises as `upgrade` does."""
    config = config_of(tree)
    with opened(tree, connect) as connection:
        config.attributes["connection"] = connection
        with _alembic:
            command.downgrade(config, revision)


def current(connect: Connect, *, schema: str = "") -> tuple[str, ...]:
    """The revisions that a database is at by the version table in `schema`, sorted; none where no revision has run."""
    engine = engine_for(connect)
    with engine.connect() as connection:
        return _heads_in(connection, schema)


def _heads_in(connection: sa.Connection, schema: str) -> tuple[str, ...]:
    migration = MigrationContext.configure(connection, opts={"version_table_schema": schema or None})
    return tuple(sorted(migration.get_current_heads()))
