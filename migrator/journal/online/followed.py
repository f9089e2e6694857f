"""Records how far each database of a run follows the source, and in which state it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator import logs
from migrator.journal.database import RunRecords
from migrator.journal.tables import followed

_log = logs.logger(__name__)


@dataclass(frozen=True, slots=True)
class FollowedDatabase:
    """One row of `followed`.

    `snapshot` is the position up to which the database is like its part of the source, as this journal last heard; the
    database's own record of it is what counts. `proved` is the position at which both sides were last compared and
    equal, `error` what the last attempt failed with since.
    """

    database: str
    target: str
    tenant: str
    state: str
    snapshot: str
    followed_at: datetime
    proved: str | None = None
    proved_at: datetime | None = None
    wave: int | None = None
    served_by: str = "source"  # by the map: source or target
    generation: int = 0  # of that entry of the map
    error: str | None = None


class Followed(RunRecords):
    """The followed databases of a run."""

    def begin_following(self, databases: Iterable[tuple[str, str, str]], state: str, snapshot: str) -> None:
        """Records (database, target, tenant) of databases that stand at a position; known ones stay as they are."""
        listed = [
            {"run_id": self.run_id, "database": database, "target": target, "tenant": tenant, "state": state,
             "snapshot": snapshot}
            for database, target, tenant in databases
        ]  # fmt: skip
        if listed:
            with self._begin() as connection:
                connection.execute(insert(followed).on_conflict_do_nothing(), listed)

    def followed_databases(self) -> tuple[FollowedDatabase, ...]:
        """All of them, by target and name."""
        columns = [followed.c[name] for name in FollowedDatabase.__dataclass_fields__]
        statement = (
            sa.select(*columns).where(followed.c.run_id == self.run_id).order_by(followed.c.target, followed.c.database)
        )
        with self._begin() as connection:
            return tuple(FollowedDatabase(*row) for row in connection.execute(statement))

    def record_positions(self, databases: Collection[str], snapshot: str, *, proved: bool) -> None:
        """Records that these databases have been brought to a position, and compared there where they were `proved`."""
        values: dict[str, object] = {"snapshot": snapshot, "followed_at": sa.func.now(), "error": None}
        if proved:
            values |= {"proved": snapshot, "proved_at": sa.func.now()}
        self._update(databases, values)

    def record_carried(self, databases: Collection[str]) -> None:
        """Records that what was written in these databases is in the source, as of now."""
        self._update(databases, {"followed_at": sa.func.now(), "error": None})

    def record_failures(self, errors: Mapping[str, str]) -> None:
        """Records why databases stay where they are."""
        for database, error in errors.items():
            _log.warning("a database falls behind", database=database, error=error)
            self._update([database], {"error": error})

    def move(self, databases: Collection[str], state: str, *, only_from: str | None = None) -> None:
        """Records that these databases are in that state from now on; those in another than `only_from` stay there.

        Whoever has read the states a while ago says from which it moves them: somebody may have moved them since.
        """
        expected = () if only_from is None else (followed.c.state == only_from,)
        moved = self._update(databases, {"state": state, "moved_at": sa.func.now()}, *expected)
        if moved:
            _log.info("databases move", state=state, databases=sorted(moved))

    def assign_wave(self, databases: Collection[str], wave: int) -> None:
        """Records which wave these databases move in."""
        self._update(databases, {"wave": wave})

    def publish(self, databases: Collection[str], served_by: str, generation: int) -> None:
        """Writes into the map who serves the rows of these databases, unless it knows a later generation."""
        _log.info("the map changes", served_by=served_by, generation=generation, databases=sorted(databases))
        older = followed.c.generation < generation
        self._update(databases, {"served_by": served_by, "generation": generation}, older)

    def forget_followed(self) -> None:
        """Forgets all of them: they are copied anew, or not followed any more."""
        with self._begin() as connection:
            connection.execute(sa.delete(followed).where(followed.c.run_id == self.run_id))

    def _update(
        self, databases: Collection[str], values: Mapping[str, object], *conditions: sa.ColumnElement[bool]
    ) -> Sequence[str]:
        """Sets the values where the conditions hold; returns the databases where they did."""
        if not databases:
            return ()
        chosen = (followed.c.run_id == self.run_id, followed.c.database.in_(list(databases)), *conditions)
        with self._begin() as connection:
            changed = sa.update(followed).where(*chosen).values(**values).returning(followed.c.database)
            return connection.execute(changed).scalars().all()
