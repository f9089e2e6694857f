"""What is measured (a case) and what came of it (a measurement), as values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Shape = Literal["orders", "ledger"]


@dataclass(frozen=True, slots=True)
class Case:
    """One size of the monolith, and how much may be done at once.

    The shape "orders" is rows of customers, orders and lines; "ledger" is forty tables that are mostly empty, whose
    rows follow from the number of tenants. Without `tenant_index` the tenant's key has no index in the source, as in
    many a monolith (the audit's G16).
    """

    rows: int = 4_000_000
    tenants: int = 20
    bytes_per_row: int = 120
    jobs: int = 2
    shape: Shape = "orders"
    tenant_index: bool = True

    @property
    def monolith(self) -> tuple[Shape, int, int, int, bool]:
        """What decides the source's content: cases that agree in it share one source."""
        return (self.shape, self.rows, self.tenants, self.bytes_per_row, self.tenant_index)

    @property
    def customers(self) -> int:
        return max(1, self.rows // 20)

    @property
    def orders(self) -> int:
        return max(1, self.rows // 4)

    @property
    def lines(self) -> int:
        return max(1, self.rows - self.orders - self.customers)

    @property
    def wal_megabytes(self) -> int:
        """About what splitting it writes of WAL: 8 MB for each database that is made, the rows, their indexes."""
        return 8 * self.tenants + 4 * self.rows * self.bytes_per_row // 2**20

    @property
    def label(self) -> str:
        """The case in words, for tables."""
        if self.shape == "ledger":
            return f"{self.tenants:,} tenants x 40 tables, mostly empty, {self.jobs} jobs"
        without = "" if self.tenant_index else ", no index on the tenant's key"
        return f"{self.rows:,} rows of {self.bytes_per_row} bytes, {self.tenants:,} tenants, {self.jobs} jobs{without}"


@dataclass(frozen=True)
class Measured:
    """What a contender took: seconds by phase, one after another, and the peak memory of its processes by kind.

    `figures` are further numbers, each named with its unit; `processor` the seconds of processor time that all its
    processes took, the server's among them (0: not measured). Bytes for memory.
    """

    phases: Mapping[str, float]
    memory: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    processor: float = 0.0

    @property
    def seconds(self) -> float:
        return sum(self.phases.values())


@dataclass(frozen=True)
class Measurement:
    """One contender in one round of one case."""

    case: Case
    contender: str
    round: int
    measured: Measured

    def to_document(self) -> dict[str, Any]:
        """The measurement as JSON-ready data."""
        phases = {name: round(value, 3) for name, value in self.measured.phases.items()}
        return {
            "case": asdict(self.case),
            "contender": self.contender,
            "round": self.round,
            "seconds": round(sum(phases.values()), 3),
            "phases": phases,
            "processor": round(self.measured.processor, 2),
            "memory": dict(self.measured.memory),
            "figures": {name: round(value, 4) for name, value in self.measured.figures.items()},
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Measurement:
        """The measurement that `to_document` wrote."""
        return cls(
            Case(**document["case"]),
            document["contender"],
            document["round"],
            Measured(document["phases"], document["memory"], document["figures"], document["processor"]),
        )
