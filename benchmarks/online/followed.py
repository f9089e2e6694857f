"""Databases of single companies that follow the monolith while the load writes to it, tick by tick."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from benchmarks.consumption import processor_seconds
from benchmarks.online import monolith
from benchmarks.online.routing import Map, Place
from migrator import Settings
from migrator.core.online.captured import captured_tables
from migrator.core.online.position import Position
from migrator.core.placement.place import place
from migrator.core.plan.transfer import transfers_into
from migrator.postgres.capture.install import install_capture
from migrator.postgres.capture.read_log import read_batch, read_position
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, Endpoint, connect
from migrator.postgres.sync.flow import Flow, forward_flow
from migrator.postgres.sync.live_digests import require_equal
from migrator.postgres.sync.positions import prepare_positions, write_position
from migrator.postgres.sync.tick import TickTarget, tick

RUN = "20200101-000000-0000"
_LOCK_SECONDS = 30.0


class FollowingError(Exception):
    """A database could not be brought on, or was not as the monolith was at its position."""


@dataclass
class Progress:
    """What the ticks came to: `rows` are those that were written in the databases; durations in seconds."""

    entries: int = 0
    rows: int = 0
    replaced: int = 0  # databases of a tick whose rows had to make room for each other
    proofs: int = 0  # databases that were compared at their position, and were equal
    durations: list[float] = field(default_factory=list)


class FollowedCompanies:
    """One database for each company, all at one position of the monolith."""

    def __init__(
        self, source: Connection, databases: Mapping[str, TickTarget], flow: Flow, position: Position, map_: Map
    ) -> None:
        self._source = source
        self._databases = databases
        self._flow = flow
        self._position = position
        self.map = map_  # where each of them would be if all had moved
        self.progress = Progress()

    def tick(self, proved: Collection[int] = ()) -> int:
        """Brings all of them on, and compares those of these companies with the monolith; returns the log's entries.

        Raises:
            FollowingError: one of them failed, or differs.
        """
        began = time.monotonic()

        def prove(source: Connection, target: TickTarget, _: Position) -> None:
            if int(target.tenant) in proved:
                require_equal(source, target.connection, self._flow, target.tenant)
                self.progress.proofs += 1

        result = tick(self._source, self._databases, self._flow, self._position, read_batch=read_batch, proof=prove)
        if result.failures:
            raise FollowingError("\n".join(f"{name}: {error}" for name, error in result.failures.items()))
        self._position = result.position
        self.progress.entries += result.entries
        self.progress.rows += result.upserted + result.deleted
        self.progress.replaced += len(result.replaced)
        self.progress.durations.append(time.monotonic() - began)
        return result.entries

    def processor(self) -> float:
        """Seconds of processor time that following has taken so far: ours, and those of our sessions on the server."""
        sessions = [self._source, *(target.connection for target in self._databases.values())]
        own = os.times()
        return own.user + own.system + sum(processor_seconds(one.info.backend_pid) for one in sessions)


@contextmanager
def following(source_url: str, targets: Mapping[int, str], settings: Settings) -> Iterator[FollowedCompanies]:
    """Captures the monolith's changes, and fills an empty database for each of these companies: the first tick copies.

    `targets` are the databases' URLs.
    """
    with ExitStack() as opened:

        def session(url: str) -> Connection:
            return opened.enter_context(connect(Endpoint(url), purpose="benchmark"))

        source = session(source_url)
        databases: dict[str, TickTarget] = {}
        for company, url in targets.items():
            monolith.create_tables(url)
            connection = session(url)
            # Their foreign keys are those of the monolith, where every company is.
            connection.execute("INSERT INTO public.companies SELECT n, 'c' || n, '' FROM generate_series(1, 1000) n")
            prepare_positions(connection, RUN)
            databases[connection.info.dbname] = TickTarget(connection, str(company))
        flow, numbers = _flow(source, next(iter(databases.values())).connection, settings, source_url)
        with source.transaction():
            source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            position = read_position(source)
        # The copy is a tick in which every table is dirty as a whole.
        source.execute("INSERT INTO migrator_follow.log (relation) SELECT unnest(%s::integer[])", [numbers])
        for target in databases.values():
            write_position(target.connection, position)
        places = {company: Place(url, "live") for company, url in targets.items()}
        followed = FollowedCompanies(source, databases, flow, position, Map(source_url, 1, places))
        followed.tick()
        yield followed


def _flow(source: Connection, target: Connection, settings: Settings, url: str) -> tuple[Flow, list[int]]:
    """How rows come into the databases, with the numbers of the tables that are captured from now on."""
    catalog, written = read_catalog(source), read_catalog(target)
    placements = place(catalog, settings)
    captured = captured_tables(catalog, placements)
    wait = LockWait(Endpoint(url), 1, _LOCK_SECONDS, lambda text: None)
    install_capture(source, captured, wait, run=RUN, epoch="1")
    transfers = transfers_into("tenant", placements, catalog, written, settings, {})
    return forward_flow(transfers, catalog, written, captured), [table.number for table in captured]
