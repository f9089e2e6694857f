"""What happened to each transaction of the load, in few bytes each, and what is read from that afterwards."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

# Of `Samples.outcome`.
DONE, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Failure:
    """A transaction that its user would have been shown an error for; `due` in seconds of the monotonic clock."""

    due: float
    company: int
    sqlstate: str
    message: str


@dataclass
class Samples:
    """One entry a transaction in each column: when it was due (seconds of the monotonic clock), how long after that it
    was over, whose it was (0: no company's), how it ended, how often it was refused (25006) and tried again, and how
    many rows it changed.
    """

    due: array[float] = field(default_factory=lambda: array("d"))
    latency: array[float] = field(default_factory=lambda: array("f"))
    company: array[int] = field(default_factory=lambda: array("I"))
    outcome: array[int] = field(default_factory=lambda: array("B"))
    refused: array[int] = field(default_factory=lambda: array("B"))
    retried: array[int] = field(default_factory=lambda: array("B"))
    rows: array[int] = field(default_factory=lambda: array("H"))
    failures: list[Failure] = field(default_factory=list)
    doubts: int = 0  # COMMITs without an answer, resolved by reading
    reconnected: int = 0

    def note(self, due: float, latency: float, company: int | None, *, rows: int, refused: int, retried: int) -> None:
        """Enters a transaction; `rows` is 0 where it failed, and a Failure is there besides."""
        self.due.append(due)
        self.latency.append(latency)
        self.company.append(company or 0)
        self.outcome.append(DONE if rows else FAILED)
        self.refused.append(min(refused, 255))
        self.retried.append(min(retried, 255))
        self.rows.append(rows)

    def extend(self, other: Samples) -> None:
        """Adds those of another writer; the order of entries means nothing."""
        for name in ("due", "latency", "company", "outcome", "refused", "retried", "rows"):
            getattr(self, name).extend(getattr(other, name))
        self.failures += other.failures
        self.doubts += other.doubts
        self.reconnected += other.reconnected


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the load, from and to in seconds of the monotonic clock."""

    name: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True)
class Summary:
    """The transactions that were due in a phase; latencies in seconds, from when they were due."""

    seconds: float
    done: int
    failed: int
    refused: int  # answers 25006, each followed by another look at the map
    retried: int  # answers 40001
    rows: int
    p50: float
    p95: float
    p99: float
    most: float
    failures: dict[str, int]

    @property
    def rate(self) -> float:
        """Transactions a second."""
        return self.done / self.seconds if self.seconds else 0.0

    def document(self) -> dict[str, object]:
        """JSON-ready: latencies in milliseconds."""
        latencies = {"p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.most}
        return {
            "seconds": round(self.seconds, 2),
            "transactions": self.done,
            "tps": round(self.rate, 1),
            "rows per transaction": round(self.rows / self.done, 2) if self.done else 0,
            "failed": self.failed,
            "refused": self.refused,
            "retried": self.retried,
            "latency ms": {name: round(1000 * value, 2) for name, value in latencies.items()},
            "failures": self.failures,
        }


def summarise(samples: Samples, phases: Sequence[Phase], companies: Collection[int] | None = None) -> Summary:
    """The transactions due in any of the phases: those of the companies named, or all."""
    chosen = list(_chosen(samples, phases, companies))
    latencies = sorted(samples.latency[number] for number in chosen if samples.outcome[number] == DONE)
    failures = Counter(
        failure.sqlstate
        for failure in samples.failures
        if _is_in(failure.due, phases) and (companies is None or failure.company in companies)
    )
    return Summary(
        sum(phase.seconds for phase in phases),
        len(latencies),
        len(chosen) - len(latencies),
        sum(samples.refused[number] for number in chosen),
        sum(samples.retried[number] for number in chosen),
        sum(samples.rows[number] for number in chosen),
        percentile(latencies, 0.5),
        percentile(latencies, 0.95),
        percentile(latencies, 0.99),
        percentile(latencies, 1.0),
        dict(failures),
    )


def silence(samples: Samples, phase: Phase, companies: Collection[int]) -> float:
    """The longest time of the phase, in seconds, in which no transaction of these companies was acknowledged.

    It is what they see of a freeze, and hardly less than the time between two of their transactions: compare it with
    that of a phase in which nothing happens.
    """
    acknowledged = sorted(
        moment
        for number, due in enumerate(samples.due)
        if samples.outcome[number] == DONE
        and samples.company[number] in companies
        and phase.began <= (moment := due + samples.latency[number]) < phase.ended
    )
    moments = [phase.began, *acknowledged, phase.ended]
    return max(after - before for before, after in pairwise(moments))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of the values, in ascending order, does not exceed; 0 where there is none."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))]


def _chosen(samples: Samples, phases: Sequence[Phase], companies: Collection[int] | None) -> Iterator[int]:
    for number, due in enumerate(samples.due):
        if _is_in(due, phases) and (companies is None or samples.company[number] in companies):
            yield number


def _is_in(moment: float, phases: Sequence[Phase]) -> bool:
    return any(phase.began <= moment < phase.ended for phase in phases)
