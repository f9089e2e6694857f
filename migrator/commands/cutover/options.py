"""How a wave treats others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from migrator.postgres.gate.freeze import Entrants, FreezeTimes, attempts_of, freeze_times
from migrator.settings import Online


@dataclass(frozen=True)
class WaveOptions:
    """How long a wave waits for others, in seconds, and how it asks for a gate.

    `but_for` are the pids of sessions of ours in the source that only read, which arming need not wait for.
    """

    times: FreezeTimes = field(default_factory=FreezeTimes)
    attempts: tuple[Entrants, ...] = attempts_of("auto")
    arming_patience: float = 3_600.0
    standby_patience: float = 1.0
    end_sessions: bool = False
    but_for: frozenset[int] = frozenset()

    @classmethod
    def of(cls, online: Online, *, end_sessions: bool = False) -> Self:
        """What the settings mean."""
        return cls(freeze_times(online.freeze_limit), attempts_of(online.freeze_mode), end_sessions=end_sessions)
