"""Digests by the moment at which they were taken, and the rows that no tenant owns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from migrator.core.compare import Digest
from migrator.journal.database import ControlDatabase
from migrator.journal.tables import digests, quarantine


class Digests(ControlDatabase):
    """The digests of runs."""

    def store_digests(self, run: str, found: Iterable[tuple[str, Digest]]) -> None:
        """Keeps digests, each as (moment, digest); a newer one replaces the older."""
        with self._begin() as connection:
            store(connection, run, found)

    def digests(self, run: str, moment: str) -> tuple[Digest, ...]:
        """The digests of that moment."""
        columns = (digests.c.relation, digests.c.tenant, digests.c.rows, digests.c.hash)
        with self._begin() as connection:
            found = connection.execute(sa.select(*columns).where(digests.c.run_id == run, digests.c.moment == moment))
            return tuple(Digest(row.relation, row.tenant, row.rows, int(row.hash)) for row in found)

    def digests_by_moment(self, run: str, prefix: str) -> tuple[tuple[str, Digest], ...]:
        """(moment, digest) of every moment that starts with `prefix`."""
        columns = (digests.c.moment, digests.c.relation, digests.c.tenant, digests.c.rows, digests.c.hash)
        statement = sa.select(*columns).where(
            digests.c.run_id == run, digests.c.moment.startswith(prefix, autoescape=True)
        )
        with self._begin() as connection:
            return tuple(
                (row.moment, Digest(row.relation, row.tenant, row.rows, int(row.hash)))
                for row in connection.execute(statement)
            )

    def quarantined(self, run: str) -> Mapping[str, int]:
        """Rows that migrate put into quarantine, by "schema.table"."""
        columns = (quarantine.c.relation, sa.func.count())
        with self._begin() as connection:
            found = connection.execute(
                sa.select(*columns).where(quarantine.c.run_id == run).group_by(quarantine.c.relation)
            )
            return {relation: count for relation, count in found}


def store(connection: sa.Connection, run: str, found: Iterable[tuple[str, Digest]]) -> None:
    """Keeps digests, each as (moment, digest), in the transaction of `connection`; a newer one replaces the older."""
    values = [
        {
            "run_id": run,
            "moment": moment,
            "relation": digest.relation,
            "tenant": digest.tenant,
            "rows": digest.rows,
            "hash": digest.hash,
        }
        for moment, digest in found
    ]
    for start in range(0, len(values), 1000):
        statement = insert(digests).values(values[start : start + 1000])
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["run_id", "moment", "relation", "tenant"],
                set_={"rows": statement.excluded.rows, "hash": statement.excluded.hash},
            )
        )
