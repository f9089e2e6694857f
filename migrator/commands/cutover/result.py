"""What a wave returns: where each of its tenants stands, why some fell out, and how long everything took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
