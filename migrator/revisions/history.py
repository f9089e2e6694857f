"""Runs an application's own Alembic history from nothing, to find the revision that fails."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import Script, ScriptDirectory

from migrator.core.audit.facts import RevisionFault
from migrator.errors import DatabaseError
from migrator.revisions.tree import ONE_ENVIRONMENT, Connect, config_of, engine_for


def first_fault(tree: Path, connect: Connect) -> RevisionFault | None:
    """Runs a whole history, each revision in a transaction of its own, up to the first that fails; None if none does.

    The tree's env.py is not run: somebody else's opens a connection of its own, to a database that is not meant.

    Raises:
        ConfigurationError: `tree` is no Alembic tree.
        DatabaseError: the connection was lost.
    """
    config = config_of(tree)
    begun: list[Script] = []
    with ONE_ENVIRONMENT, engine_for(connect).connect() as connection:
        try:
            script = ScriptDirectory.from_config(config)
            script.get_heads()

            def steps(revision: Any, _context: MigrationContext) -> Iterator[RevisionStep]:
                for step in script._upgrade_revs("heads", revision):
                    begun.append(step.revision)
                    yield step

            with EnvironmentContext(config, script, fn=steps) as environment:
                environment.configure(connection=connection, transaction_per_migration=True)
                with environment.begin_transaction():
                    environment.run_migrations()
        except (
            Exception,
            SystemExit,
        ) as error:  # whatever a revision raises is what is asked for
            if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
                raise DatabaseError(f"The connection was lost: {error.orig}", "Run the same command again.") from error
            return _fault(begun[-1] if begun else None, error)
    return None


def _fault(revision: Script | None, error: BaseException) -> RevisionFault:
    text = " ".join(str(error).split()) or type(error).__name__
    statement = relation = ""
    if isinstance(error, sa.exc.DBAPIError):
        diagnosis = getattr(error.orig, "diag", None)
        text = getattr(diagnosis, "message_primary", None) or str(error.orig)
        statement = " ".join((error.statement or "").split())
        missing = re.search(r'relation "(.+?)" does not exist', text)
        relation = missing[1] if missing else ""
    if revision is None:
        return RevisionFault("", f"it cannot be loaded: {text}")
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == Path(revision.path)
    ]
    line = lines[-1] if lines else None
    return RevisionFault(revision.revision, text, Path(revision.path).name, line, statement, relation)
