"""What migrator must reach, as functions of results; ratios of one run, because seconds drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.case import Case
from benchmarks.consumption import SERVER
from benchmarks.results import Results


@dataclass(frozen=True)
class Requirement:
    """One thing to reach: `value` reads it from results, None where they lack what it needs."""

    text: str
    must: float
    hoped: float | None
    unit: str
    value: Callable[[Results], float | None]
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether the value is what must be reached."""
        return value >= self.must if self.at_least else value <= self.must


def base_case(results: Results) -> Case | None:
    """The case that most contenders were measured in."""
    cases = [case for case in results.cases if case.shape == "orders"]
    return max(cases, key=lambda case: len(results.contenders(case)), default=None)


def _ratio(results: Results, case: Case | None, over: str, under: str) -> float | None:
    if case is None:
        return None
    one, other = results.seconds(case, over), results.seconds(case, under)
    return one / other if one and other else None


def _like_base(results: Results, tenants: int, *, tenant_index: bool = True) -> Case | None:
    """The case that differs from the base in the number of tenants, and the source's index on their key, only."""
    base = base_case(results)
    if base is None:
        return None
    wanted = replace(base, tenants=tenants, tenant_index=tenant_index)
    return wanted if wanted in results.cases else None


def _against_pgcopydb(results: Results) -> float | None:
    return _ratio(results, base_case(results), "ours", "pgcopydb")


def _many_tenants(results: Results) -> float | None:
    many, base = _like_base(results, 500), base_case(results)
    if many is None or base is None or many == base:
        return None
    one, other = results.seconds(many, "ours"), results.seconds(base, "ours")
    return one / other if one and other else None


def _against_hand(results: Results) -> float | None:
    return _ratio(results, _like_base(results, 200), "by hand", "ours")


def _against_hand_unindexed(results: Results) -> float | None:
    return _ratio(results, _like_base(results, 200, tenant_index=False), "by hand", "ours")


def _digests(results: Results) -> float | None:
    base = base_case(results)
    ours = results.median(base, "ours") if base else None
    return 100 * ours.figures["digests s"] / ours.seconds if ours else None


def _memory(results: Results) -> float | None:
    peaks = [
        size
        for case in results.cases
        if (ours := results.median(case, "ours")) is not None
        for kind, size in ours.memory.items()
        if kind != SERVER
    ]
    return max(peaks) / 2**20 if peaks else None


def _relay(results: Results) -> float | None:
    base = base_case(results)
    relay = results.median(base, "relay") if base else None
    return relay.figures["relay rows/s and core"] / relay.figures["psql rows/s and core"] if relay else None


def _provisioning(results: Results) -> float | None:
    ledgers = [case for case in results.cases if case.shape == "ledger"]
    if not ledgers:
        return None
    case = max(ledgers, key=lambda case: case.tenants)
    ours = results.median(case, "ours")
    return (ours.seconds + ours.figures["verify s"]) / case.tenants if ours else None


REQUIREMENTS = (
    Requirement("ours / (pgcopydb clone + compare data)", 1.0, 0.75, "x", _against_pgcopydb),
    Requirement("ours with 500 tenants / ours with the base's, same rows", 2.0, 1.3, "x", _many_tenants),
    Requirement("by hand / ours, 200 tenants", 4, 8, "x", _against_hand, at_least=True),
    Requirement(
        "the same, where the source has no index on the tenant's key", 4, 8, "x", _against_hand_unindexed, at_least=True
    ),
    Requirement("digests / whole", 25, 10, "%", _digests),
    Requirement("peak memory of a process of ours", 200, 100, "MB", _memory),
    Requirement(
        "relay alone: rows per second of processor time, against psql | psql", 1.0, None, "x", _relay, at_least=True
    ),
    Requirement("provisioned and verified, 40 tables, mostly empty, per tenant", 0.5, 0.15, "s", _provisioning),
)
