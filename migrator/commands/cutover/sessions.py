"""The sessions in which a wave works: one in the source, one in each tenant's database, and those that hold locks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal, TypeVar

from migrator.commands.cutover.protocol import Answer
from migrator.errors import MigratorError
from migrator.postgres.session.connect import Connection, Endpoint, connect, translated

T = TypeVar("T")

# What a session is for: statements of every kind, or the transaction that keeps a gate shut, and nothing else.
Kind = Literal["work", "lock"]
_MOST_AT_ONCE = 32


class WaveSessions:
    """Sessions by what they are for and the tenant, '' for the source; opened when they are needed, and kept.

    One in which something failed is ended: whatever it held is given back.
    """

    def __init__(self, source: Endpoint, databases: Mapping[str, Endpoint]) -> None:
        self._endpoints: Mapping[str, Endpoint] = {**databases, "": source}
        self._open: dict[tuple[Kind, str], Connection] = {}
        self._pool = ThreadPoolExecutor(min(_MOST_AT_ONCE, len(databases) + 1), thread_name_prefix="wave")

    def close(self) -> None:
        """Ends them all."""
        self._pool.shutdown()
        for kind, tenant in list(self._open):
            self.end(kind, tenant)

    def endpoint(self, tenant: str = "") -> Endpoint:
        """Where the tenant's database is; the source without one."""
        return self._endpoints[tenant]

    def session(self, kind: Kind, tenant: str = "") -> Connection:
        """The session, opened where it is not there.

        Raises:
            DatabaseError: the server cannot be reached.
        """
        if (kind, tenant) not in self._open:
            self._open[kind, tenant] = connect(self._endpoints[tenant], purpose="cutover")
        return self._open[kind, tenant]

    def has(self, kind: Kind, tenant: str = "") -> bool:
        """Whether the session is open, as far as is known here."""
        return (kind, tenant) in self._open

    def end(self, kind: Kind, tenant: str = "") -> None:
        """Ends it; harmless where it is not there."""
        if (connection := self._open.pop((kind, tenant), None)) is not None:
            connection.close()

    @contextmanager
    def working(self, kind: Kind = "work", tenant: str = "") -> Iterator[Connection]:
        """The session, for something whose failure ends it."""
        try:
            connection = self.session(kind, tenant)
            with translated(self._endpoints[tenant]):
                yield connection
        except MigratorError:
            self.end(kind, tenant)
            raise

    def in_each(
        self, tenants: Sequence[str], work: Callable[[str, Connection], T], kind: Kind = "work"
    ) -> dict[str, T | MigratorError]:
        """Does something in the databases of tenants, side by side; where it fails there is the error."""

        def attempt(tenant: str) -> T | MigratorError:
            try:
                with self.working(kind, tenant) as connection:
                    return work(tenant, connection)
            except MigratorError as error:
                return error

        return dict(zip(tenants, self._pool.map(attempt, tenants), strict=True))


def failures(answers: Mapping[str, object]) -> dict[str, Answer]:
    """Those of the answers that are errors."""
    return {tenant: answer for tenant, answer in answers.items() if isinstance(answer, MigratorError)}
