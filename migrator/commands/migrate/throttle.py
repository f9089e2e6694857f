"""Watches the source while units run: decides their speed, when they pause, and shows the snapshot's age."""

from __future__ import annotations

import time

from migrator import logs
from migrator.commands.shared.workspace import RunContext
from migrator.core.run.facts import THROTTLE, ThrottleState
from migrator.core.run.throttle import reasons_to_pause
from migrator.errors import DatabaseError
from migrator.postgres.plan.server_load import read_server_load
from migrator.postgres.session.connect import READ_ONLY, Connection, connect, translated
from migrator.postgres.session.snapshot import snapshot_age

_log = logs.logger(__name__)

_LOOK_SECONDS = 1.0


class Pacing:
    """Called by the coordinator at every turn of its loop; looks about once a second, in a session of its own."""

    def __init__(self, context: RunContext, jobs: int) -> None:
        self._context = context
        self._limits = context.settings.limits
        self._jobs = jobs
        self._connection: Connection | None = None
        self._look_again = 0.0
        self._announced: ThrottleState | None = None
        self._paused_since = 0.0
        # What an attempt that died in a pause left there holds no longer.
        context.journal.record(THROTTLE, ThrottleState())

    def __call__(self, copies: int) -> None:
        """`copies` is how many are left: what the throttle allows is shared by those that can run at once."""
        if time.monotonic() < self._look_again:
            return
        self._look_again = time.monotonic() + _LOOK_SECONDS
        try:
            self._look(copies)
        except DatabaseError as error:
            # Whoever copies meets it too, if it lasts, and knows better what it means.
            _log.warning("the source could not be looked at", error=error.message)
            self.close()

    def close(self) -> None:
        """Ends the session, and the note below the bars."""
        self._context.progress.note("")
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look(self, copies: int) -> None:
        source = self._context.source
        if self._connection is None or self._connection.closed:
            self._connection = connect(source, purpose="watch", settings=READ_ONLY)
        with translated(source):
            age = snapshot_age(self._connection)
            reasons: list[str] = []
            if self._limits.throttles:
                servers = self._context.settings.server_names if self._limits.min_free_disk is not None else ()
                load = read_server_load(self._connection, {name: self._context.server(name) for name in servers})
                reasons = list(reasons_to_pause(load, self._limits))
        if self._limits.throttles:
            self._tell("; ".join(reasons), copies)
        notes = [f"paused: {'; '.join(reasons)}"] if reasons else []
        if age is not None:
            notes.append(f"snapshot held for {age[0]:.0f} s, xmin {age[1]:,} transactions behind")
        self._context.progress.note("; ".join(notes))

    def _tell(self, paused: str, copies: int) -> None:
        """Writes down what holds from now on, for workers and for `status`; says where it begins and ends."""
        limit = self._limits.throttle
        state = ThrottleState(paused, None if limit is None else limit / max(1, min(self._jobs, copies)))
        if state == self._announced:
            return
        before = self._announced.paused if self._announced is not None else ""
        self._context.journal.record(THROTTLE, state)
        self._announced = state
        if paused and not before:
            self._paused_since = time.monotonic()
            self._context.progress.say(f"pausing: {paused}")
            _log.warning("paused", reason=paused, told=True)
        elif before and not paused:
            seconds = time.monotonic() - self._paused_since
            self._context.progress.say(f"going on after {seconds:.0f} s")
            _log.info("goes on", seconds=round(seconds, 1))
