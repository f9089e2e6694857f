"""Makes scratch databases, which are dropped whatever happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from migrator.commands.shared.workspace import Workspace
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.postgres.databases.databases import Mark, create_database, drop_database
from migrator.postgres.session.connect import Endpoint, session


@contextmanager
def scratch_database(
    workspace: Workspace, run: str, purpose: str = "scratch", *, server: str = "default"
) -> Iterator[Endpoint]:
    """An empty database like the source, on that server, until the end; one that an attempt left is replaced.

    Raises:
        RefusedError: a database of that name exists that is not of this run.
    """
    with scratch_databases(workspace, run, (purpose,), server=server) as (database,):
        yield database


@contextmanager
def scratch_databases(
    workspace: Workspace, run: str, purposes: Sequence[str], *, server: str = "default"
) -> Iterator[tuple[Endpoint, ...]]:
    """Several of them, one for each purpose; raises as `scratch_database` does."""
    where, journal = workspace.server(server), workspace.journal.of(run)
    names = [scratch_name(workspace.prefix, run, purpose) for purpose in purposes]
    known = {item.name for item in journal.artefacts("database")}
    made: list[str] = []
    try:
        with session(where, purpose="scratch") as connection:
            for name in names:
                if name in known:
                    drop_database(connection, name, run=run)
                journal.artefact("database", name, "intended", target="scratch")
                create_database(connection, name, Mark(run, "scratch"), like=workspace.source)
                made.append(name)
                journal.artefact("database", name, "created", target="scratch")
        yield tuple(where.at(name) for name in names)
    finally:
        drop_scratch(workspace, where, made, run)


def scratch_name(prefix: str, run: str, purpose: str = "scratch") -> str:
    """A name that says what the database is for; the prefix is cut where it would be too long."""
    tail = f"_{purpose}_{run}".replace("-", "_")
    head = prefix.encode()[: MAX_IDENTIFIER_BYTES - len(tail.encode())].decode(errors="ignore")
    return head + tail


def drop_scratch(workspace: Workspace, server: Endpoint, names: Iterable[str], run: str) -> None:
    """Drops databases that the run made, and says so in the journal."""
    with session(server, purpose="scratch") as connection:
        for name in names:
            drop_database(connection, name, run=run)
            workspace.journal.of(run).artefact("database", name, "dropped")
