"""Keeps, in a followed database, up to which snapshot of another side it has been brought."""

from __future__ import annotations

from psycopg import sql

from migrator.core.online.position import Position
from migrator.errors import RefusedError
from migrator.postgres.capture.functions import SCHEMA
from migrator.postgres.capture.install import ROLE
from migrator.postgres.databases.databases import Mark
from migrator.postgres.session.connect import Connection, query, rows

SOURCE = "source"  # the side that a target follows


def prepare_positions(connection: Connection, run: str) -> None:
    """Makes the table of positions where it is missing, with all that capture will need there, marked with the run.

    Raises:
        RefusedError: a schema of that name is there that another run made, or somebody else.
    """
    comments = rows(connection, "capture/capture_mark")
    mark = Mark.parse(comments[0][0]) if comments else None
    if comments and (mark is None or mark.run != run):
        raise RefusedError(
            f"{connection.info.dbname} has a schema {SCHEMA} that this run did not make.",
            "Rename it, or take that run's away: migrator follow uninstall.",
        )
    with connection.transaction():
        connection.execute(sql.SQL(query("capture/log_tables")))
        if mark is None:
            # Without an epoch: nothing is captured here yet.
            connection.execute(
                sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(SCHEMA), sql.Literal(Mark(run, ROLE).text))
            )


def read_position(connection: Connection, side: str = SOURCE) -> Position | None:
    """The position of that side, locked until the transaction ends; None where there is none yet."""
    standing = rows(connection, "sync/position", {"side": side})
    return Position.parse(standing[0][0]) if standing else None


def write_position(connection: Connection, position: Position, side: str = SOURCE) -> None:
    """Sets the position of that side, within the transaction whose rows it is of."""
    rows(connection, "sync/set_position", {"side": side, "snapshot": str(position)})


def require_between(connection: Connection, since: Position, until: Position, side: str = SOURCE) -> None:
    """Holds a batch to the position that the database is at.

    Raises:
        RefusedError: the database has none, is behind what the batch begins at, or ahead of what it ends at.
    """
    standing = read_position(connection, side)
    name = connection.info.dbname
    if standing is None:
        raise RefusedError(
            f"{name} has no position: nobody has said at which snapshot its rows are.",
            "Copy it again: `migrator follow start` does.",
        )
    if not since.is_at_most(standing):
        raise RefusedError(
            f"{name} is at {standing}, behind {since}: changes between the two would be left out.",
            "Begin at the position that the database is at.",
        )
    if not standing.is_at_most(until):
        raise RefusedError(
            f"{name} is at {standing} already, ahead of {until}.", "Another follower is at work: end one of the two."
        )
