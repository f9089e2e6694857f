"""Records facts of a run, each by its name and with its type, for later stages."""

from __future__ import annotations

from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator.core.run.facts import Fact
from migrator.journal.database import RunRecords
from migrator.journal.tables import records

T = TypeVar("T")


class Facts(RunRecords):
    """The facts of a run."""

    def record(self, fact: Fact[T], value: T) -> None:
        """Keeps a fact that later stages read; a newer one replaces the older."""
        document = fact.to_document(value)
        with self._begin() as connection:
            connection.execute(
                insert(records)
                .values(run_id=self.run_id, name=fact.name, document=document)
                .on_conflict_do_update(index_elements=["run_id", "name"], set_={"document": document})
            )

    def recorded(self, fact: Fact[T]) -> T | None:
        """The value of a fact; None where it was not recorded, or recorded as nothing.

        Raises:
            RefusedError: another version of the program wrote it, in a shape that this one cannot read.
        """
        statement = sa.select(records.c.document).where(records.c.run_id == self.run_id, records.c.name == fact.name)
        with self._begin() as connection:
            document = connection.execute(statement).scalar_one_or_none()
        return None if document is None else fact.from_document(document)
