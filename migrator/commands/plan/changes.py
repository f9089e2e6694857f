"""What has changed in migrator.toml and the trees since a plan was made, as a value and as a report shows it."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.core.plan.decisions import DecisionChange
from migrator.core.result.outcome import Section


@dataclass(frozen=True, slots=True)
class PlanChanges:
    """What would make another plan now than the stored one: (what, how) in the order of migrator.toml."""

    fingerprint: str
    changes: tuple[DecisionChange, ...]


def change_sections(since: PlanChanges | None) -> tuple[Section, ...]:
    """The changes as a report shows them; nothing where there is no stored plan, or nothing has changed."""
    if since is None or not since.changes:
        return ()
    text = f"This command goes by the stored plan {since.fingerprint[:12]}, not by the file or the trees."
    return (Section("Changed since the plan was made", ("what", "how"), since.changes, text, "warning"),)
