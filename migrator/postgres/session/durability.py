"""Makes sure that what was committed is on the disk before the journal says that it is done.

A commit does not wait for the disk where `synchronous_commit` is off: in sessions of ours of which many can share one
wait, and in pg_restore or an Alembic tree where the server, the database or the role has it off. A crash of the server
takes such commits back. The journal may stand on another server, whose waiting for its own disk says nothing of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from migrator.postgres.session.connect import Connection, Endpoint, session


def flush_log(connection: Connection) -> None:
    """Waits until all that the server has committed since this session began is on its disk.

    It must have begun before what it is to vouch for was committed, or looked at. A crash ends every session: an older
    one that still answers says that there was none in between, and a new one would flush what was left after it.

    Raises:
        psycopg.Error: the session has ended.
    """
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = on")
        # A transaction that writes nothing would not wait for anything.
        connection.execute("SELECT pg_catalog.pg_logical_emit_message(true, 'migrator', 'durable')")


@contextmanager
def durable(endpoint: Endpoint, *, purpose: str) -> Iterator[Connection]:
    """A session for the length of the block, at whose end all that was committed on its server meanwhile is durable.

    Raises:
        DatabaseError: the server cannot be reached, or has crashed in between.
    """
    with session(endpoint, purpose=purpose) as connection:
        yield connection
        flush_log(connection)
