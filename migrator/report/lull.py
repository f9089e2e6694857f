"""The time in which a command works and no task of it runs: what it does then, and what it waits for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from migrator.report.cells import span


def _nothing() -> str:
    return ""


@dataclass
class Lull:
    """What is told while no task runs. Without `doing`, the name of what works, nothing is.

    `awaited` says in words what is waited for just now, "" where that is nothing of a server.
    """

    doing: str = ""
    awaited: Callable[[], str] = _nothing
    _since: float | None = field(default_factory=monotonic)  # None while nothing is to be told
    _last_said: str = ""

    def begin(self, said: str | None = None) -> None:
        """From now on nothing has been told; `said` is the last that was, without it what was said before."""
        self._since = monotonic()
        self._last_said = self._last_said if said is None else said

    def end(self) -> None:
        """Nothing is to be told until the next beginning."""
        self._since = None

    def lasts(self, seconds: float) -> bool:
        """Whether nothing has been told for so long."""
        return bool(self.doing) and self._since is not None and monotonic() - self._since >= seconds

    def line(self) -> str:
        """What is being done, for how long nothing of it was told, and what is waited for."""
        elapsed = monotonic() - self._since if self._since is not None else 0.0
        what = f"{self.doing}: {self._last_said}" if self._last_said else f"{self.doing} goes on"
        awaited = self.awaited()
        return f"{what}, {span(elapsed)} so far" + (f"; {awaited}" if awaited else "")
