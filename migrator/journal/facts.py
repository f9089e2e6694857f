"""Records facts of a run, each under a name, for later stages."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator.journal.database import ControlDatabase
from migrator.journal.tables import records


class Facts(ControlDatabase):
    """The facts of runs."""

    def record(self, run: str, name: str, document: Any) -> None:
        """Keeps a fact that later stages read; a newer one replaces the older."""
        with self._begin() as connection:
            connection.execute(
                insert(records)
                .values(run_id=run, name=name, document=document)
                .on_conflict_do_update(index_elements=["run_id", "name"], set_={"document": document})
            )

    def recorded(self, run: str, name: str) -> Any:
        """The fact of that name, or None."""
        statement = sa.select(records.c.document).where(records.c.run_id == run, records.c.name == name)
        with self._begin() as connection:
            return connection.execute(statement).scalar_one_or_none()
