"""What to type next, in every state that a run can be in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from migrator.core.result.next_commands import STAGES, next_commands

DONE = dict.fromkeys(STAGES, "done")


def until(stage: str, status: str = "done") -> Mapping[str, str]:
    """Every stage up to `stage`, all done but the last, which has `status`."""
    stages = STAGES[: STAGES.index(stage) + 1]
    return {**dict.fromkeys(stages, "done"), stage: status}


@pytest.mark.parametrize(
    ("latest", "commands"),
    [
        ({}, ["backup --verify"]),
        (until("backup"), ["audit"]),
        (until("backup", "failed"), ["backup"]),
        (until("audit", "findings"), ["clean"]),
        ({"audit": "done"}, ["backup --verify", "clean"]),
        (until("clean"), ["dry-run"]),
        (until("dry-run"), ["migrate"]),
        (until("dry-run", "findings"), ["dry-run"]),
        ({"dry-run": "done"}, ["backup --verify", "migrate"]),
        (until("migrate"), ["verify"]),
        (until("migrate", "interrupted"), ["migrate", "rollback --validate"]),
        (until("migrate", "running"), ["migrate", "rollback --validate"]),
        ({"dry-run": "done", "migrate": "done"}, ["verify"]),
        (until("verify"), ["rollback --validate"]),
        (until("verify", "findings"), ["verify", "rollback --validate"]),
        (until("rollback", "failed"), ["rollback"]),
        (until("rollback"), []),
        ({**until("verify"), "audit": "failed"}, ["rollback --validate"]),
    ],
)
def test_the_furthest_stage_decides(latest: Mapping[str, str], commands: list[str]) -> None:
    assert next_commands(latest, locked=False) == tuple(f"migrator {command}" for command in commands)


def test_while_somebody_works_one_can_only_watch() -> None:
    assert next_commands(until("migrate", "running"), locked=True) == ("migrator status --watch",)
