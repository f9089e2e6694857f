"""Brings the databases of a run to the source's newest position, round after round, side by side."""

from __future__ import annotations

import queue
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from migrator.commands.follow.followed_run import FollowedRun
from migrator.commands.follow.watched import require_as_read, watched_batches
from migrator.core.online.captured import LogEntry
from migrator.core.online.position import Position
from migrator.core.online.watch import Suspect
from migrator.core.verify.digests import Digest
from migrator.errors import DatabaseError, MigratorError, RefusedError
from migrator.postgres.session.connect import Connection, Endpoint, connect, translated
from migrator.postgres.session.connection_pool import Sessions
from migrator.postgres.session.durability import flush_log
from migrator.postgres.sync.flow import Flow
from migrator.postgres.sync.live_digests import require_equal
from migrator.postgres.sync.positions import read_position
from migrator.postgres.sync.tick import Batch, TickResult, TickTarget, tick

_ATTEMPTS = 5  # of whoever finds that another has brought a database on meanwhile
_PAUSE_SECONDS = 0.02


@dataclass
class Round:
    """What one round came to: where each database stands now, and why some stay where they were.

    `proofs` are the digests of databases that were compared, the same on both sides.
    """

    positions: dict[str, Position] = field(default_factory=dict)
    failures: dict[str, MigratorError] = field(default_factory=dict)
    proofs: dict[str, tuple[Digest, ...]] = field(default_factory=dict)
    entries: int = 0
    upserted: int = 0
    deleted: int = 0

    def add(self, later: Round) -> None:
        """Takes over what a later round came to for some of the databases."""
        self.positions |= later.positions
        self.failures |= later.failures
        for name in later.positions:
            self.failures.pop(name, None)
        self.proofs |= later.proofs
        self.entries += later.entries
        self.upserted += later.upserted
        self.deleted += later.deleted


@dataclass(frozen=True)
class _Group:
    """Databases of one target that stand at the same position, and are brought to the next one together.

    Those that are `serving` take writes of applications: only what stays the source's is brought to them.
    """

    target: str
    databases: tuple[str, ...]
    since: Position
    serving: bool


class _Lane:
    """The sessions of one thread: two to the source, one of which reads, and those to databases that it brings on."""

    def __init__(self, source: Endpoint, sessions: int) -> None:
        self._endpoint = source
        self._source: list[Connection] = []
        self.sessions = Sessions(sessions)

    def open(self) -> None:
        """Opens what is not open: both before anything is read, so that the one vouches for what the other saw."""
        if any(connection.closed or connection.broken for connection in self._source):
            self._close_source()
        if not self._source:
            self._source = [connect(self._endpoint, purpose="follow") for _ in range(2)]

    @property
    def source(self) -> Connection:
        """The session that reads."""
        return self._source[0]

    @property
    def flusher(self) -> Connection:
        """The session that waits for the source's disk."""
        return self._source[1]

    def close(self) -> None:
        """Ends all of them."""
        self._close_source()
        self.sessions.close()

    def _close_source(self) -> None:
        for connection in self._source:
            connection.close()
        self._source = []


class Rounds:
    """Ticks of all databases of a run, in groups that run side by side; a context, which keeps the sessions.

    `sessions` are those to target databases that may be open at once.
    """

    def __init__(self, followed: FollowedRun, *, jobs: int, sessions: int) -> None:
        self._followed = followed
        self._each = max(1, sessions // jobs)
        source = followed.context.workspace.source_rows
        self._lanes: queue.SimpleQueue[_Lane] = queue.SimpleQueue()
        self._all_lanes = [_Lane(source, self._each) for _ in range(jobs)]
        for lane in self._all_lanes:
            self._lanes.put(lane)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="follow")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        for lane in self._all_lanes:
            lane.close()

    def read_positions(self, databases: Collection[str]) -> Mapping[str, Position]:
        """Where each database stands by its own record, which is the one that counts.

        Raises:
            DatabaseError: one of them cannot be reached.
        """
        positions = {}
        with self._lane() as lane:
            for name in databases:
                connection = lane.sessions.target(self._followed.endpoint(name))
                with translated(self._followed.endpoint(name)):
                    position = read_position(connection)
                if position is not None:
                    positions[name] = position
        return positions

    def round(
        self, positions: Mapping[str, Position], proved: Collection[str] = (), serving: Collection[str] = ()
    ) -> Round:
        """Brings databases on from where they stand; those in `proved` are compared at their new position.

        A database that does not stand there any more, or whose door is open and which is not among the `serving` ones,
        fails with RefusedError: nothing that an application wrote there is overwritten by what the source had before.

        Raises:
            DatabaseError: the source cannot be reached, or failed.
        """
        result = Round()

        def work(group: _Group) -> tuple[_Group, TickResult]:
            return group, self._tick(group, proved, result.proofs)

        for group, ticked in self._threads.map(work, self._groups(positions, serving)):
            result.entries += ticked.entries
            result.upserted += ticked.upserted
            result.deleted += ticked.deleted
            for name in group.databases:
                if (failure := ticked.failures.get(name)) is not None:
                    result.failures[name] = failure
                else:
                    result.positions[name] = ticked.position
        return result

    def bring_on(self, databases: Collection[str], *, proved: bool = False, serving: bool = False) -> Round:
        """Brings databases on from wherever they stand; those that were moved on meanwhile begin anew a few times.

        Beside a follower somebody is always second.

        Raises:
            DatabaseError: as `round`, or a database cannot be reached.
        """
        result = Round()
        waiting = list(databases)
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE_SECONDS)
            one = self.round(self.read_positions(waiting), waiting if proved else (), waiting if serving else ())
            result.add(one)
            waiting = [name for name, error in one.failures.items() if isinstance(error, RefusedError)]
            if not waiting:
                break
        return result

    def _groups(self, positions: Mapping[str, Position], serving: Collection[str]) -> Iterator[_Group]:
        together: dict[tuple[str, Position, bool], list[str]] = defaultdict(list)
        for name, position in positions.items():
            together[self._followed.databases[name].target, position, name in serving].append(name)
        for (target, position, serves), names in together.items():
            for start in range(0, len(names), self._each):
                yield _Group(target, tuple(names[start : start + self._each]), position, serves)

    def _tick(self, group: _Group, proved: Collection[str], proofs: dict[str, tuple[Digest, ...]]) -> TickResult:
        flow = (self._followed.served if group.serving else self._followed.flows)[group.target]
        whole = self._followed.flows[group.target]

        def prove(source: Connection, target: TickTarget, position: Position) -> None:
            # What a commit of the source that did not wait for its disk has written must not be ahead here of what a
            # crash leaves there: numbers of transactions would be given twice.
            if position != group.since and not flushed:
                flush_log(lane.flusher)
                flushed.append(position)
            _require_unmoved(target.connection, group)
            try:
                if (name := target.connection.info.dbname) in proved:
                    proofs[name] = require_equal(source, target.connection, whole, target.tenant)
            finally:
                require_as_read(source)

        flushed: list[Position] = []
        with self._lane() as lane:
            lane.open()
            targets, unreachable = self._targets(lane, group)
            with translated(self._followed.context.source):
                result = tick(
                    lane.source,
                    targets,
                    flow,
                    group.since,
                    read_batch=self._batches(flow, serving=group.serving),
                    proof=prove,
                )
            result.failures.update(unreachable)
        return result

    def _batches(self, flow: Flow, *, serving: bool) -> Batch:
        """What is read of the source; of a table that a database serves itself no more than single rows."""
        watched = watched_batches(self._followed.context.source, self._tell)
        if not serving:
            return watched
        own = {table.number for table in flow.captured if table.relation in self._followed.own_tables}

        def read_batch(connection: Connection, since: Position) -> tuple[Position, tuple[LogEntry, ...]]:
            position, entries = watched(connection, since)
            return position, tuple(entry for entry in entries if entry.key is not None or entry.number not in own)

        return read_batch

    def _tell(self, suspect: Suspect) -> None:
        self._followed.context.progress.note(f"{suspect.relation} is compared as a whole: {suspect.reason}")

    def _targets(self, lane: _Lane, group: _Group) -> tuple[Mapping[str, TickTarget], Mapping[str, MigratorError]]:
        targets, unreachable = {}, {}
        for name in group.databases:
            try:
                connection = lane.sessions.target(self._followed.endpoint(name))
            except DatabaseError as error:
                unreachable[name] = error
            else:
                targets[name] = TickTarget(connection, self._followed.databases[name].tenant)
        return targets, unreachable

    @contextmanager
    def _lane(self) -> Iterator[_Lane]:
        lane = self._lanes.get()
        try:
            yield lane
        finally:
            self._lanes.put(lane)


def _require_unmoved(connection: Connection, group: _Group) -> None:
    """Makes sure that the database is where it was read to be, and that its door does not open before the tick ends.

    Raises:
        RefusedError: somebody else has brought it on, or applications write there.
    """
    row = connection.execute("SELECT open FROM migrator_follow.door FOR SHARE").fetchone()
    opened = row != (False,) and not group.serving
    if opened or read_position(connection) != group.since:
        raise RefusedError(
            f"{connection.info.dbname} has been moved on by somebody else.", "Where it stands is read anew."
        )
