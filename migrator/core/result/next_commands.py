"""The order of the stages, and which command comes next."""

from __future__ import annotations

from collections.abc import Mapping

STAGES = ("backup", "audit", "clean", "dry-run", "migrate", "verify", "rollback")

_UNFINISHED = frozenset({"running", "failed", "interrupted"})

_AFTER: Mapping[str, tuple[str, ...]] = {
    "backup": ("migrator audit",),
    "audit": ("migrator clean",),
    "clean": ("migrator dry-run",),
    "dry-run": ("migrator migrate",),
    "migrate": ("migrator verify",),
    "verify": ("migrator rollback --validate",),
    "rollback": (),
}


def next_commands(latest: Mapping[str, str], *, locked: bool) -> tuple[str, ...]:
    """The commands that make sense now, the most likely first.

    `latest` maps the stages that the open run has attempted to the status of the newest attempt; `locked` says that
    somebody is at work. The furthest stage decides, so that an audit repeated after the split leads nowhere back.
    """
    if locked:
        return ("migrator status --watch",)
    furthest = next((stage for stage in reversed(STAGES) if stage in latest), None)
    if furthest is None:
        return ("migrator backup --verify",)
    status = latest[furthest]
    if status in _UNFINISHED:
        back = ("migrator rollback --validate",) if furthest in ("migrate", "verify") else ()
        return (f"migrator {furthest}", *back)
    if status == "findings" and furthest == "dry-run":
        return ("migrator dry-run",)
    if status == "findings" and furthest == "verify":
        return ("migrator verify", "migrator rollback --validate")
    backup = ("migrator backup --verify",) if "backup" not in latest and furthest not in ("verify", "rollback") else ()
    return (*(backup if furthest != "migrate" else ()), *_AFTER[furthest])
