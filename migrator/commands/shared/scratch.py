"""Makes scratch databases, which are dropped whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from migrator.commands.shared.workspace import RunContext
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.journal import RunJournal
from migrator.postgres.databases.databases import Mark, create_database, drop_database, exists
from migrator.postgres.session.connect import Endpoint, session


@contextmanager
def scratch_database(context: RunContext, purpose: str = "scratch", *, server: str = "default") -> Iterator[Endpoint]:
    """An empty database like the source, on that server, until the end; one that an attempt left is replaced.

    Raises:
        RefusedError: a database of that name exists that is not of this run.
    """
    where, name = context.server(server), scratch_name(context.workspace.prefix, context.id, purpose)
    if any(item.name == name for item in context.journal.artefacts("database")) and exists(where, name):
        drop_scratch(context.journal, where, name)
    context.journal.artefact("database", name, "intended", target="scratch")
    with session(where, purpose="scratch") as connection:
        create_database(connection, name, Mark(context.id, "scratch"), like=context.source)
    try:
        context.journal.artefact("database", name, "created", target="scratch")
        yield where.at(name)
    finally:
        drop_scratch(context.journal, where, name)


def scratch_name(prefix: str, run: str, purpose: str = "scratch") -> str:
    """A name that says what the database is for; the prefix is cut where it would be too long."""
    tail = f"_{purpose}_{run}".replace("-", "_")
    head = prefix.encode()[: MAX_IDENTIFIER_BYTES - len(tail.encode())].decode(errors="ignore")
    return head + tail


def drop_scratch(journal: RunJournal, server: Endpoint, name: str) -> None:
    """Drops a database that the run made, and says so in the journal."""
    with session(server, purpose="scratch") as connection:
        drop_database(connection, name, run=journal.run_id)
    journal.artefact("database", name, "dropped")
