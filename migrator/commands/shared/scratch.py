"""Makes scratch databases, which are dropped whatever happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from migrator.commands.shared.workspace import RunContext
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.journal import RunJournal
from migrator.postgres.databases.databases import Mark, create_database, drop_database
from migrator.postgres.session.connect import Endpoint, session


@contextmanager
def scratch_database(context: RunContext, purpose: str = "scratch", *, server: str = "default") -> Iterator[Endpoint]:
    """An empty database like the source, on that server, until the end; one that an attempt left is replaced.

    Raises:
        RefusedError: a database of that name exists that is not of this run.
    """
    with scratch_databases(context, (purpose,), server=server) as (database,):
        yield database


@contextmanager
def scratch_databases(
    context: RunContext, purposes: Sequence[str], *, server: str = "default"
) -> Iterator[tuple[Endpoint, ...]]:
    """Several of them, one for each purpose; raises as `scratch_database` does."""
    where, journal = context.server(server), context.journal
    names = [scratch_name(context.workspace.prefix, context.id, purpose) for purpose in purposes]
    known = {item.name for item in journal.artefacts("database")}
    made: list[str] = []
    try:
        with session(where, purpose="scratch") as connection:
            for name in names:
                if name in known:
                    drop_database(connection, name, run=context.id)
                journal.artefact("database", name, "intended", target="scratch")
                create_database(connection, name, Mark(context.id, "scratch"), like=context.source)
                made.append(name)
                journal.artefact("database", name, "created", target="scratch")
        yield tuple(where.at(name) for name in names)
    finally:
        drop_scratch(journal, where, made)


def scratch_name(prefix: str, run: str, purpose: str = "scratch") -> str:
    """A name that says what the database is for; the prefix is cut where it would be too long."""
    tail = f"_{purpose}_{run}".replace("-", "_")
    head = prefix.encode()[: MAX_IDENTIFIER_BYTES - len(tail.encode())].decode(errors="ignore")
    return head + tail


def drop_scratch(journal: RunJournal, server: Endpoint, names: Iterable[str]) -> None:
    """Drops databases that the run made, and says so in the journal."""
    with session(server, purpose="scratch") as connection:
        for name in names:
            drop_database(connection, name, run=journal.run_id)
            journal.artefact("database", name, "dropped")
