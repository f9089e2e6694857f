"""One line of doctor: what was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from migrator.core.result.next_commands import STAGES

Health = Literal["ok", "warning", "failed"]

# Stages by what they do with a server.
WRITING_SOURCE = ("clean", "migrate", "rollback")
MAKING_DATABASES = ("dry-run", "migrate")
EVERY_STAGE = STAGES


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is true of `subject`; `stages` are those that it matters to."""

    part: str
    subject: str
    health: Health
    detail: str
    remedy: str = ""
    stages: tuple[str, ...] = EVERY_STAGE


def version_text(number: int) -> str:
    """A server's version as people write it, from server_version_num."""
    return f"{number // 10000}.{number % 10000}"
