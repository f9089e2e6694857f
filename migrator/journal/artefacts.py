"""Records what a run made or means to make, before it exists."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator import logs
from migrator.journal.database import RunRecords
from migrator.journal.records import Artefact
from migrator.journal.tables import artefacts

_log = logs.logger(__name__)


class Artefacts(RunRecords):
    """The artefacts of a run."""

    def artefact(
        self, kind: str, name: str, state: str, *, target: str | None = None, tenant: str | None = None
    ) -> None:
        """Records that an artefact is intended, created or dropped. "intended" comes before it exists."""
        self.record_artefacts([Artefact(kind, name, state, target, tenant)])

    def record_artefacts(self, made: Sequence[Artefact]) -> None:
        """Records the states of several artefacts in one transaction."""
        statement = insert(artefacts)
        statement = statement.on_conflict_do_update(
            index_elements=["run_id", "kind", "name"],
            set_={"state": statement.excluded.state, "changed_at": sa.func.now()},
        )
        with self._begin() as connection:
            connection.execute(
                statement, [{"run_id": self.run_id, **dataclasses.asdict(artefact)} for artefact in made]
            )
        for artefact in made:
            _log.info("artefact", **{name: value for name, value in dataclasses.asdict(artefact).items() if value})

    def fenced_since(self) -> datetime | None:
        """Since when the run's fence stands, whole or in part; None where it does not."""
        statement = sa.select(artefacts.c.changed_at).where(
            artefacts.c.run_id == self.run_id, artefacts.c.kind == "fence", artefacts.c.state != "dropped"
        )
        with self._begin() as connection:
            since: datetime | None = connection.scalar(statement)
        return since

    def artefacts(self, kind: str | None = None) -> tuple[Artefact, ...]:
        """What the run made or meant to make, in the order of making."""
        columns = (
            artefacts.c.kind,
            artefacts.c.name,
            artefacts.c.state,
            artefacts.c.target,
            artefacts.c.tenant,
        )
        statement = (
            sa.select(*columns)
            .where(artefacts.c.run_id == self.run_id)
            .order_by(artefacts.c.changed_at, artefacts.c.name)
        )
        if kind is not None:
            statement = statement.where(artefacts.c.kind == kind)
        with self._begin() as connection:
            return tuple(Artefact(*row) for row in connection.execute(statement))
