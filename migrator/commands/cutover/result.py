"""What a wave returns: where each of its tenants stands, why some fell out, and how long everything took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrator.core.online.stages import MEANINGS, Stage
from migrator.core.online.tenant_states import Tenant


@dataclass(frozen=True, slots=True)
class StepTime:
    """One thing that was done for some tenants of the wave, in seconds since the wave began."""

    name: str
    tenants: int
    began: float
    seconds: float

    @property
    def ended(self) -> float:
        """When it was done."""
        return self.began + self.seconds


@dataclass(frozen=True)
class WaveResult:
    """What has become of a wave.

    `reasons` say of each tenant that did not get where it was to why it did not. `frozen` is how long writers were held
    up, in seconds: from the moment that the gate was shut to the decision, or until it was opened again. `refused` is
    how long nobody could write for those who moved: until the last of their doors, or the source, took writes.
    """

    tenants: Mapping[str, Tenant]
    reasons: Mapping[str, str] = field(default_factory=dict)
    times: tuple[StepTime, ...] = ()
    frozen: float | None = None
    refused: float | None = None


@dataclass(frozen=True)
class MovedWave:
    """What an order for some tenants came to: `cutover` into their own databases, or `return` into the source.

    `frozen` has how long writers were held up in each wave, `refused` for how long nobody took their writes; seconds.
    """

    run_id: str
    source: str
    kind: Literal["cutover", "return"]
    databases: Mapping[str, str]  # by tenant
    stages: Mapping[str, Stage]
    reasons: Mapping[str, str]
    frozen: tuple[float, ...]
    refused: tuple[float, ...]
    times: tuple[tuple[StepTime, ...], ...]  # of each wave

    @property
    def arrived(self) -> tuple[str, ...]:
        """The tenants that are where they were to go."""
        wanted = "target" if self.kind == "cutover" else "source"
        return tuple(tenant for tenant, stage in self.stages.items() if MEANINGS[stage].writer == wanted)

    @property
    def left(self) -> tuple[str, ...]:
        """The tenants that are not."""
        arrived = set(self.arrived)
        return tuple(tenant for tenant in self.databases if tenant not in arrived)


@dataclass(frozen=True, slots=True)
class WayBackOfTenant:
    """Whether a tenant can go back with all that was written: since when that is in the source, or what holds it."""

    tenant: str
    database: str
    stage: Stage
    carried_seconds: float  # since its writes were last carried back
    held: str | None


@dataclass(frozen=True)
class ReturnOutlook:
    """What bringing tenants back would meet."""

    run_id: str
    source: str
    tenants: tuple[WayBackOfTenant, ...]

    @property
    def loses_nothing(self) -> bool:
        """Whether all that was written in their databases can be carried back."""
        return not any(tenant.held for tenant in self.tenants)
