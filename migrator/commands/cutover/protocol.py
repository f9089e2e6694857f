"""Takes the tenants of a wave from stage to stage together: what each has to do next is decided for each by itself.

The stages and what leads from one to the next are core.online.tenant_states; whatever has to be done is handed to
somebody who does it (`CarryOut`), for all tenants at once that are to do the same. Whoever fails falls out, and the
others go on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from migrator.commands.cutover.result import StepTime, WaveResult
from migrator.core.online.recovery import Door, Fence, resume
from migrator.core.online.stages import MEANINGS, Stage
from migrator.core.online.tenant_events import (
    Abandoned,
    Agreed,
    CutoverOrdered,
    Decided,
    Differed,
    Disarm,
    DoorRefused,
    Effect,
    Event,
    Failed,
    Freeze,
    Journal,
    NotFrozen,
    OpeningGivenUp,
    PositionsVoid,
    ReadGates,
    Release,
    Side,
    Undecided,
)
from migrator.core.online.tenant_states import Tenant, step
from migrator.errors import MigratorError

# Stages in which writers wait, or nobody takes their writes: what is to do there goes before everything else.
_HELD_UP = frozenset({Stage.FROZEN, Stage.DECIDING, Stage.RETURN_FROZEN})
_REFUSED = frozenset({Stage.FENCED, Stage.SHUT})
# Stages of an order that nothing has been decided of.
_ORDERED = frozenset({Stage.ARMED, Stage.RETURNING})
_LATE = "Its writers were held up for too long; nothing was decided, and they went on."
_UNREAD = "Where it stands could not be read."
_WHY: Mapping[type[Event], str] = {
    NotFrozen: "Transactions that write for it did not end; nothing was decided.",
    Differed: "Its database is not what the other side holds.",
    DoorRefused: "The door of its database was used by somebody else.",
}
# Where a tenant stands is read so many times; whatever fails again and again is left as it is.
_MOST_LOOKS = 3
_PAUSE_SECONDS = 0.2


T = TypeVar("T")


class Because(NamedTuple):
    """An event with the reason for it, in a sentence."""

    event: Event
    reason: str


Answer = Event | Because | MigratorError
# Carries out an effect for tenants, by name. Each is answered by an event or an error, or by nothing where the effect
# is not one that is answered.
CarryOut = Callable[[Effect, Sequence[str]], Mapping[str, Answer]]


class Gates(NamedTuple):
    """What is read of one tenant: the stage in the journal, its fence in the source, the door of its database."""

    journal: Stage
    fence: Fence
    door: Door


ReadAll = Callable[[Sequence[str]], Mapping[str, Gates | MigratorError]]


@dataclass(frozen=True, slots=True)
class WaveLimits:
    """Seconds: how long writers may be held up before a decision, and be refused on both sides after it."""

    freeze: float = 1.0
    decide: float = 5.0


def conduct_wave(
    tenants: Sequence[Tenant],
    order: Event,
    carry_out: CarryOut,
    read: ReadAll,
    limits: WaveLimits,
    clock: Callable[[], float] = time.monotonic,
) -> WaveResult:
    """Gives all tenants the same order, and does whatever follows from it until nothing is left to do.

    Nothing is raised of what goes wrong with a tenant: the result says it, and where the tenant was left. The same
    order, given again to tenants as `resume_wave` finds them, goes on from there.
    """
    wave = _Wave(carry_out, read, limits, clock)
    for tenant in tenants:
        wave.tenants[tenant.name] = tenant
        wave.answer(tenant.name, order)
    wave.run()
    # Whoever did not get to the decision is not left armed: the next attempt arms anew, as it has to wait anew.
    for name, tenant in list(wave.tenants.items()):
        if tenant.stage in _ORDERED:
            wave.answer(name, Abandoned())
    wave.run()
    # What went wrong on the way and was mended is no reason any more.
    wanted = "target" if isinstance(order, CutoverOrdered) else "source"
    for name, tenant in wave.tenants.items():
        if MEANINGS[tenant.stage].writer == wanted:
            wave.reasons.pop(name, None)
    return wave.result()


def resume_wave(
    names: Sequence[str],
    carry_out: CarryOut,
    read: ReadAll,
    limits: WaveLimits,
    clock: Callable[[], float] = time.monotonic,
) -> WaveResult:
    """Reads where the tenants stand, whatever died where, and does what cannot wait."""
    wave = _Wave(carry_out, read, limits, clock)
    wave.look(names)
    wave.run()
    return wave.result()


@dataclass
class _Wave:
    """The tenants with what each has to do next."""

    carry_out: CarryOut
    read: ReadAll
    limits: WaveLimits
    clock: Callable[[], float]
    tenants: dict[str, Tenant] = field(default_factory=dict)
    to_do: dict[str, tuple[Effect, ...]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    times: list[StepTime] = field(default_factory=list)
    frozen_at: dict[str, float] = field(default_factory=dict)
    refused_at: dict[str, float] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    frozen: float | None = None
    refused: float | None = None

    def __post_init__(self) -> None:
        self.began = self.clock()

    def run(self) -> None:
        """Does what is to do, the most urgent first, each thing for all tenants that are to do it next."""
        while pending := [name for name, effects in self.to_do.items() if effects]:
            effect = min((self.to_do[name][0] for name in pending), key=lambda effect: self._urgency(effect, pending))
            group = [name for name in pending if self.to_do[name][0] == effect]
            for name in group:
                self.to_do[name] = self.to_do[name][1:]
            if isinstance(effect, ReadGates):
                self._look_again(group)
            else:
                self._carry_out(effect, group)

    def result(self) -> WaveResult:
        """What has become of it."""
        return WaveResult(dict(self.tenants), dict(self.reasons), tuple(self.times), self.frozen, self.refused)

    def answer(self, name: str, event: Event) -> None:
        """Leads one tenant on; who cannot go there stays where it is."""
        before = self.tenants[name].stage
        try:
            self.tenants[name], self.to_do[name] = step(self.tenants[name], event)
        except MigratorError as error:
            self.reasons.setdefault(name, error.message)
            self.to_do[name] = ()
        self._note(name, before)

    def look(self, names: Sequence[str]) -> None:
        """Reads where the tenants stand; those that cannot be read are left alone."""
        read = self._timed("read gates", names, lambda: self.read(names))
        for name in names:
            gates = read.get(name)
            if gates is None or isinstance(gates, MigratorError):
                self.reasons[name] = gates.message if gates is not None else _UNREAD
                self.to_do[name] = (ReadGates(),) if self._is_pressing(name) else ()
                continue
            before = self.tenants[name].stage if name in self.tenants else gates.journal
            self.tenants[name], self.to_do[name] = resume(name, gates.journal, gates.fence, gates.door)
            self._note(name, before)

    def _urgency(self, effect: Effect, pending: Sequence[str]) -> int:
        """Who is held up goes first; nobody is frozen before all are armed; a gate that some need stays shut."""
        stages = {self.tenants[name].stage for name in pending if self.to_do[name][0] == effect}
        if isinstance(effect, Release):
            return 3
        if stages & _HELD_UP:
            return 0
        if stages & _REFUSED:
            return 1
        if isinstance(effect, Freeze):
            return 4
        return 2

    def _carry_out(self, effect: Effect, names: list[str]) -> None:
        if self._too_late(effect, names):
            self._give_up(effect, names)
            return
        answers = self._timed(_name(effect), names, lambda: self._attempt(effect, names))
        now = self.clock()
        undecided: list[str] = []
        for name in names:
            answer = answers.get(name)
            if isinstance(answer, MigratorError):
                answer = Because(Failed(), answer.message)
            if isinstance(answer, Because):
                self.reasons[name] = answer.reason
                answer = answer.event
            if answer is None and self.to_do[name]:
                continue
            if self.to_do[name] and not isinstance(answer, Failed | PositionsVoid):
                continue  # the last of its effects is answered
            if answer is None and not _is_answered(effect):
                continue
            event: Event = answer if answer is not None else Failed()
            if type(event) in _WHY:
                self.reasons.setdefault(name, _WHY[type(event)])
            if isinstance(event, Agreed) and self._is_late([name], now):
                self.reasons[name] = _LATE
                event = Agreed(late=True)
            if self.tenants[name].stage is Stage.DECIDING and not isinstance(event, Decided):
                undecided.append(name)
            self.answer(name, event)
        if undecided:
            self._release(undecided)

    def _attempt(self, effect: Effect, names: Sequence[str]) -> Mapping[str, Answer]:
        try:
            return self.carry_out(effect, names)
        except MigratorError as error:
            return dict.fromkeys(names, error)

    def _too_late(self, effect: Effect, names: Sequence[str]) -> bool:
        """Whether writers were held up for too long to begin with this for them."""
        held_up = [name for name in names if self.tenants[name].stage in _HELD_UP]
        return bool(held_up) and not isinstance(effect, Release | ReadGates) and self._is_late(held_up, self.clock())

    def _give_up(self, effect: Effect, names: Sequence[str]) -> None:
        """Ends a freeze that has lasted too long, before anything is decided."""
        deciding = [name for name in names if self.tenants[name].stage is Stage.DECIDING]
        if deciding:
            self._release(deciding)
        for name in names:
            self.reasons[name] = _LATE
            self.answer(name, Undecided() if name in deciding else Failed())

    def _release(self, names: Sequence[str]) -> None:
        """Gives the lock back of tenants who are not decided upon: nothing else of what they do next would."""
        release = Release(Side.SOURCE)
        self._timed(_name(release), names, lambda: self._attempt(release, names))

    def _look_again(self, names: Sequence[str]) -> None:
        """Reads where tenants stand of whom something failed, as often as that makes sense."""
        again = []
        for name in names:
            self.looks[name] = self.looks.get(name, 0) + 1
            if self._is_pressing(name) or self.looks[name] <= _MOST_LOOKS:
                again.append(name)
            elif self.tenants[name].stage is Stage.FENCED and name not in self.given_up:
                self.given_up.add(name)
                self.looks[name] = 0
                self.answer(name, OpeningGivenUp())
        if again:
            if max(self.looks[name] for name in again) > 1:
                time.sleep(_PAUSE_SECONDS)
            self.look(again)

    def _is_pressing(self, name: str) -> bool:
        """Whether nobody's writes of the tenant are taken, and the time to do something about it is not over."""
        since = self.refused_at.get(name, self.frozen_at.get(name))
        return since is not None and name not in self.given_up and self.clock() - since < self.limits.decide

    def _note(self, name: str, before: Stage) -> None:
        """Keeps when a tenant's writers were held up, and for how long, as it comes from one stage into another."""
        now, stage = self.clock(), self.tenants[name].stage
        if stage in _HELD_UP and before not in _HELD_UP:
            self.frozen_at[name] = now
        held_up_since = self.frozen_at.get(name, now)
        if stage not in _HELD_UP and name in self.frozen_at:
            self.frozen = max(self.frozen or 0.0, now - self.frozen_at.pop(name))
        if stage in _REFUSED:
            self.refused_at.setdefault(name, held_up_since)
        elif stage not in _HELD_UP and name in self.refused_at:
            self.refused = max(self.refused or 0.0, now - self.refused_at.pop(name))

    def _is_late(self, names: Sequence[str], now: float) -> bool:
        return any(now - self.frozen_at.get(name, now) > self.limits.freeze for name in names)

    def _timed(self, name: str, names: Sequence[str], work: Callable[[], T]) -> T:
        began = self.clock()
        try:
            return work()
        finally:
            self.times.append(StepTime(name, len(names), began - self.began, self.clock() - began))


def _is_answered(effect: Effect) -> bool:
    """Whether an event answers the effect, where it is the last one."""
    return not isinstance(effect, Journal | Disarm | Release)


def _name(effect: Effect) -> str:
    """The effect as people read it: "freeze source", "journal deciding"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(effect).__name__).lower()
    for of_what in ("side", "stage"):
        if hasattr(effect, of_what):
            words = f"{words} {getattr(effect, of_what)}"
    return words
