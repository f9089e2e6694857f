"""The sections [online] and [waves]: how a source is followed while it is written to, and who moves when."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from migrator.settings.section import Section

_SECONDS_IN = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3_600.0}


def seconds(duration: object) -> object:
    """The seconds that a duration means that is written with its unit: "300ms", "1s", "15min", "2h"."""
    if not isinstance(duration, str):
        return duration
    written = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)", duration.strip())
    if written is None:
        raise ValueError(f"{duration!r} is no duration: write seconds, or a number with ms, s, min or h")
    return float(written[1]) * _SECONDS_IN[written[2]]


Duration = Annotated[float, BeforeValidator(seconds), Field(gt=0)]

FreezeMode = Literal["auto", "wait", "refuse"]


class Online(Section):
    """`[online]`: limits of following and of a cutover. Times are seconds, or are written with their unit."""

    freeze_limit: Duration = 1.0
    freeze_mode: FreezeMode = "auto"
    proof_age: Duration = 900.0
    decide_limit: Duration = 5.0
    rewrite_limit: Annotated[int, Field(ge=0)] = 20_000  # rows
    snapshot_max_age: Duration = 1_800.0


class Waves(Section):
    """`[waves]`: who moves first, by key or slug; then how many of the others at a time ("5%", 20, "rest")."""

    canary: tuple[str, ...] = ()
    then: tuple[str | int, ...] = ("rest",)

    @field_validator("canary", mode="before")
    @classmethod
    def _keys_are_texts(cls, canary: object) -> object:
        if not isinstance(canary, (list, tuple)):
            return canary
        return tuple(str(tenant) if isinstance(tenant, int) else tenant for tenant in canary)

    @field_validator("then")
    @classmethod
    def _shares(cls, then: tuple[str | int, ...]) -> tuple[str | int, ...]:
        for share in then:
            if isinstance(share, str) and share != "rest" and re.fullmatch(r"\d+(\.\d+)?%", share) is None:
                raise ValueError(f'{share!r} is neither a share ("10%"), nor a number of tenants, nor "rest"')
            if not isinstance(share, str) and share < 1:
                raise ValueError(f"a wave of {share} tenants")
        if "rest" in then[:-1]:
            raise ValueError('behind "rest" there is nobody left')
        if percent(then) > 100:
            raise ValueError("the shares are more than 100% together")
        return then

    @model_validator(mode="after")
    def _named_once(self) -> Waves:
        if len(set(self.canary)) < len(self.canary):
            raise ValueError("a tenant is named twice in waves.canary")
        return self


def percent(shares: tuple[str | int, ...]) -> float:
    """What the shares that are written in percent come to together."""
    return sum(float(share[:-1]) for share in shares if isinstance(share, str) and share.endswith("%"))
