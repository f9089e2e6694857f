"""Connects to the control database, and makes its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sqlalchemy as sa

from migrator.core.run.failures import FULL_DISK, is_full_disk
from migrator.errors import DatabaseError
from migrator.journal.upgrade import prepare_tables

# A role without the privilege; a standby, or a database that is set to be read only.
_REFUSALS = ("42501", "25006")


class ControlDatabase:
    """The control database. `connect` opens a raw driver connection to it; picklable callables make it so too."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._engine = sa.create_engine(
            "postgresql+psycopg://", creator=connect, pool_size=1, max_overflow=4, pool_pre_ping=True
        )

    def close(self) -> None:
        """Ends the sessions that the journal keeps open between statements."""
        self._engine.dispose()

    def prepare(self) -> None:
        """Creates the state tables where they are missing, and brings older ones up to date.

        Raises:
            RefusedError: a later version of the program made them.
        """
        with self._begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('migrator.journal'))"))
            connection.execute(sa.schema.CreateSchema("migrator", if_not_exists=True))
            prepare_tables(connection)

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            # Without the driver's further lines (DETAIL, HINT): this becomes one line among others.
            said = str(error.orig).partition("\n")[0]
            raise DatabaseError(
                f"The control database failed: {said}",
                f"{FULL_DISK} Then run the same command again."
                if is_full_disk([said])
                else "Run the same command again when it is reachable.",
            ) from error
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _REFUSALS:
                raise
            raise DatabaseError(
                f"The control database refuses the journal: {error.orig}",
                "It has to take writes by this role, which a standby does not (connect to its primary); "
                "docs/privileges.md lists what the journal needs.",
            ) from error


class RunRecords:
    """What the control database has of one run: a family of records in each class that derives from it."""

    def __init__(self, begin: Callable[[], AbstractContextManager[sa.Connection]], run_id: str) -> None:
        self._begin = begin
        self.run_id = run_id
