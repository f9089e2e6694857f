"""Moments of digests: which side was digested when, as the journal names it."""

from __future__ import annotations

from migrator.core.run.step_id import StepId

# What moments begin with, before the name of a target: what the source gave to it, what its databases hold.
COPIED = "copied:"
HELD = "target:"


def copied(part: StepId) -> str:
    """When a part of a table was read for a target."""
    return f"{COPIED}{part.target}:{part.part}"


def held_by(target: str) -> str:
    """When the databases of a target were finished."""
    return f"{HELD}{target}"


def target_of(moment: str) -> str:
    """The target that such a moment names."""
    if moment.startswith(COPIED):
        return moment.removeprefix(COPIED).rpartition(":")[0]
    return moment.removeprefix(HELD)
