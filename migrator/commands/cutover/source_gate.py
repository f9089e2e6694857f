"""The gate of the source, for a wave: armed, shut, decided upon and lifted for its tenants together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from migrator.commands.cutover.options import WaveOptions
from migrator.commands.cutover.protocol import Answer, Because
from migrator.commands.cutover.sessions import WaveSessions, failures
from migrator.core.online.tenant_events import (
    Armed,
    Decide,
    Decided,
    Failed,
    Frozen,
    Lifted,
    LiftFence,
    NotFrozen,
    RestoreFence,
    Undecided,
)
from migrator.errors import MigratorError
from migrator.postgres.gate.arm import arm, disarm
from migrator.postgres.gate.decision import (
    decide,
    lift_fence,
    read_decision,
    read_fenced,
    read_generation,
    replace_fence,
    restore_fence,
)
from migrator.postgres.gate.door import read_door
from migrator.postgres.gate.forms import GateForms
from migrator.postgres.gate.freeze import Gate, GateBusyError, shut_gate
from migrator.postgres.gate.older_transactions import wait_for_older_transactions
from migrator.postgres.gate.standbys import await_standbys
from migrator.postgres.session.connect import Connection

LOST_FENCE = Because(Failed(), "Its fence is not the one that was decided any more.")


class SourceGate:
    """The gate of one wave in the source, with what its coordinator has to remember from arming to deciding."""

    def __init__(
        self, sessions: WaveSessions, wave: int, forms: GateForms, options: WaveOptions, say: Callable[[str], None]
    ) -> None:
        self._sessions, self._wave, self._forms, self._options, self._say = sessions, wave, forms, options, say
        self._armed_since: dict[str, int] = {}
        self._generation = 0

    def arm(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Arms those whose databases can be reached: whoever is missing now would be missing after the decision."""
        reached = self._sessions.in_each(tenants, lambda _, connection: read_door(connection))
        answers = failures(reached)
        ready = [tenant for tenant in tenants if tenant not in answers]
        if not ready:
            return answers
        with self._sessions.working() as source:
            since = arm(source, self._wave, ready, self._forms.armed)
            wait_for_older_transactions(
                source, since, patience=self._options.arming_patience, say=self._say, but_for=self._options.but_for
            )
        self._sessions.session("lock")
        self._armed_since.update(dict.fromkeys(ready, since))
        return {**answers, **dict.fromkeys(ready, Armed())}

    def disarm(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Lets the tenants go, unless a fence of theirs stands."""
        with self._sessions.working() as source:
            disarm(source, self._wave, tenants, self._forms.unarmed)
        return {}

    def freeze(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Shuts the gate, which holds up the writers of all tenants of the wave."""
        with self._sessions.working() as source:
            self._generation = read_generation(source)
        with self._sessions.working("lock") as connection:
            gate = self._gate(connection)
            try:
                shut_gate(gate, self._options.attempts, self._say, end_sessions=self._options.end_sessions)
            except GateBusyError as error:
                return dict.fromkeys(tenants, Because(NotFrozen(), error.message))
            by_arming: dict[int, list[str]] = {}
            for tenant in tenants:
                by_arming.setdefault(self._armed_since.get(tenant, 0), []).append(tenant)
            for since, armed in by_arming.items():
                gate.require_armed(armed, since)
        return dict.fromkeys(tenants, Frozen())

    def release(self) -> Mapping[str, Answer]:
        """Opens the gate, where it is shut; where that cannot be said to its session, by ending that."""
        if self._sessions.has("lock"):
            try:
                self._gate(self._sessions.session("lock")).open()
            except MigratorError:
                self._sessions.end("lock")
        return {}

    def decide(self, effect: Decide | RestoreFence | LiftFence, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Writes the fences of the tenants, or removes them."""
        if isinstance(effect, Decide) and not effect.replaces:
            with self._sessions.working("lock") as connection:
                generation = decide(self._gate(connection), tenants, self._generation)
            return dict.fromkeys(tenants, Decided(generation))
        with self._sessions.working() as source:
            match effect:
                case LiftFence(generation):
                    return _lifted(source, tenants, generation)
                case Decide(replaces):
                    given = {tenant: replace_fence(source, tenant, replaces) for tenant in tenants}
                case RestoreFence(above, last):
                    given = self._restored(source, tenants, above, last)
        return {
            tenant: Decided(generation) if generation is not None else Undecided()
            for tenant, generation in given.items()
        }

    def read(self, tenants: Sequence[str]) -> tuple[Mapping[str, int], int]:
        """The generations of the fences that stand, once nobody is deciding about the wave, and the last one given."""
        with self._sessions.working() as source:
            return read_decision(source, self._wave, tenants), read_generation(source)

    def await_standbys(self, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        """Waits for the source's standbys as long as it may; fails for whom the fence is not that any more."""
        with self._sessions.working() as source:
            say_who_is_behind(source, self._options, self._say)
            fences = read_fenced(source)
        return {tenant: LOST_FENCE for tenant in tenants if fences.get(tenant, 0) != generation}

    def _restored(self, source: Connection, tenants: Sequence[str], above: int, last: int) -> dict[str, int | None]:
        # Each draws a generation of its own, and knows the last one by that of the tenant before.
        given: dict[str, int | None] = {}
        for tenant in tenants:
            given[tenant] = restore_fence(source, tenant, self._wave, above=above, last=last)
            last = given[tenant] or last
        return given

    def _gate(self, connection: Connection) -> Gate:
        return Gate(connection, self._sessions.endpoint(), self._wave, self._options.times)


def say_who_is_behind(connection: Connection, options: WaveOptions, say: Callable[[str], None]) -> None:
    """Waits for the standbys of a server, and says which of them do not have the decision when that takes too long."""
    for behind in await_standbys(connection, options.standby_patience):
        say(f"the standby {behind} does not have the decision yet: do not promote it before it has")


def _lifted(source: Connection, tenants: Sequence[str], generation: int) -> dict[str, Answer]:
    """Lifts the fences of that generation. Whose fence is another one is not back: somebody has moved it out again."""
    following = lift_fence(source, dict.fromkeys(tenants, generation))
    fences = read_fenced(source)
    return {tenant: LOST_FENCE if tenant in fences else Lifted(following) for tenant in tenants}
