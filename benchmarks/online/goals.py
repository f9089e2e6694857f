"""What splitting under load must reach, and how the figures that were measured compare with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.tables import Table


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit of one figure; `hoped` is what would be better still."""

    figure: str
    must: float
    hoped: float | None = None
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether the value is what must be reached."""
        return value >= self.must if self.at_least else value <= self.must


GOALS = (
    Goal("write freeze of a wave p99 (s)", 1.0),
    Goal("write freeze of a wave p50 (s)", 1.0, 0.15),
    Goal("acknowledged writes lost or doubled", 0),
    Goal("wrong answers shown to writers", 0),
    Goal("capture: server processor time a transaction, ratio", 1.35, 1.2),
    Goal("capture: WAL a transaction, ratio", 1.4, 1.3),
    Goal("armed: server processor time a transaction, ratio", 1.7, 1.4),
    Goal("followed rows a second and core", 30_000, 100_000, at_least=True),
    Goal("catching up (s)", 600, 180),
    Goal("lag of the wave's group p99 (s)", 1.0, 0.3),
    Goal("write freeze of a rollback (s)", 1.0),
)


def goal_table(figures: Mapping[str, float]) -> Table:
    """The goals that these figures speak of."""
    return Table("What must be reached", ("figure", "must", "hoped for", "measured", "met"), tuple(_rows(figures)))


def _rows(figures: Mapping[str, float]) -> Iterator[tuple[str, ...]]:
    for goal in GOALS:
        if (value := figures.get(goal.figure)) is not None:
            sign = ">=" if goal.at_least else "<="
            hoped = "" if goal.hoped is None else f"{goal.hoped:,g}"
            yield goal.figure, f"{sign} {goal.must:,g}", hoped, f"{value:,.3g}", "yes" if goal.met(value) else "NO"
