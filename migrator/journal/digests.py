"""Records digests by the moment at which they were taken, and counts of quarantined rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from migrator.core.verify.digests import Digest
from migrator.journal.database import RunRecords
from migrator.journal.tables import digests, quarantine


class Digests(RunRecords):
    """The digests of a run."""

    def store_digests(self, taken: Iterable[tuple[str, Digest]]) -> None:
        """Keeps digests, each as (moment, digest); a newer one replaces the older."""
        with self._begin() as connection:
            store(connection, self.run_id, taken)

    def digests(self, moment: str) -> tuple[Digest, ...]:
        """The digests of that moment."""
        columns = (digests.c.relation, digests.c.tenant, digests.c.rows, digests.c.hash)
        with self._begin() as connection:
            records = connection.execute(
                sa.select(*columns).where(digests.c.run_id == self.run_id, digests.c.moment == moment)
            )
            return tuple(Digest(row.relation, row.tenant, row.rows, int(row.hash)) for row in records)

    def digests_by_moment(self, prefix: str) -> tuple[tuple[str, Digest], ...]:
        """(moment, digest) of every moment that starts with `prefix`."""
        columns = (digests.c.moment, digests.c.relation, digests.c.tenant, digests.c.rows, digests.c.hash)
        statement = sa.select(*columns).where(
            digests.c.run_id == self.run_id, digests.c.moment.startswith(prefix, autoescape=True)
        )
        with self._begin() as connection:
            return tuple(
                (row.moment, Digest(row.relation, row.tenant, row.rows, int(row.hash)))
                for row in connection.execute(statement)
            )

    def quarantined(self) -> Mapping[str, int]:
        """Rows that migrate put into quarantine, by "schema.table"."""
        columns = (quarantine.c.relation, sa.func.count())
        with self._begin() as connection:
            counts = connection.execute(
                sa.select(*columns).where(quarantine.c.run_id == self.run_id).group_by(quarantine.c.relation)
            )
            return {relation: count for relation, count in counts}


# One statement for any number of digests. As rows of VALUES each number of them would be a statement of its own, and
# with a tenant's few digests SQLAlchemy took longer to compile it than the server to carry it out.
_STORE = sa.text("""\
INSERT INTO migrator.digests (run_id, moment, relation, tenant, rows, hash)
SELECT :run, *
FROM unnest(CAST(:moments AS text[]), CAST(:relations AS text[]), CAST(:tenants AS text[]),
            CAST(:rows AS bigint[]), CAST(:hashes AS numeric[]))
ON CONFLICT (run_id, moment, relation, tenant) DO UPDATE SET rows = excluded.rows, hash = excluded.hash
""")


def store(connection: sa.Connection, run: str, taken: Iterable[tuple[str, Digest]]) -> None:
    """Keeps digests, each as (moment, digest), in the transaction of `connection`; a newer one replaces the older."""
    listed = list(taken)
    if listed:
        given = {
            "moments": [moment for moment, _ in listed],
            "relations": [digest.relation for _, digest in listed],
            "tenants": [digest.tenant for _, digest in listed],
            "rows": [digest.rows for _, digest in listed],
            "hashes": [digest.hash for _, digest in listed],
        }
        connection.execute(_STORE, {"run": run, **given})
