"""Runs the source's Alembic history from nothing on a scratch database, to see whether it reaches its head."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from migrator.commands.shared.scratch import scratch_database
from migrator.commands.shared.workspace import RunContext
from migrator.core.audit.facts import HistoryFact
from migrator.errors import ConfigurationError
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import READ_ONLY, revision_connect, session, translated
from migrator.revisions import has_models, heads, unknown_tables
from migrator.revisions.history import first_fault


def run_history(context: RunContext) -> HistoryFact | None:
    """What came of it, or None where `[audit] history` names none.

    Raises:
        ConfigurationError: the directory is no Alembic tree, or a file of `history_before` is missing.
        DatabaseError: such a file does not run.
    """
    settings = context.settings
    if settings.audit.history is None:
        return None
    tree = settings.path(settings.audit.history)
    before = [_read(settings.path(file)) for file in settings.audit.history_before]
    context.progress.say(f"Running the Alembic history {settings.audit.history} on a scratch database.")
    with scratch_database(context, "history") as endpoint:
        connect = partial(revision_connect, endpoint, "history")
        # As psql would: with the server's own search path, which a session of ours empties.
        with translated(endpoint), connect() as plain:
            for script in before:
                plain.execute(script.encode())
        fault = first_fault(tree, connect)
        unknown: tuple[str, ...] | None = None
        others: tuple[str, ...] = ()
        if fault is None and has_models(tree):
            unknown, others = unknown_tables(tree, connect)
        with session(endpoint, purpose="history", settings=READ_ONLY) as connection:
            tables = frozenset(read_catalog(connection, settings.source.schemas).tables)
    loaded = fault is None or fault.revision
    return HistoryFact(str(settings.audit.history), heads(tree) if loaded else (), fault, tables, unknown, others)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be read: {error.strerror}.", "Check [audit] history_before."
        ) from error
