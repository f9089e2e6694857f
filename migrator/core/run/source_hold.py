"""What keeps the source and its copies together while rows are copied."""

from __future__ import annotations

from enum import StrEnum


class SourceHold(StrEnum):
    """FENCE: nobody writes. CAPTURE: what is written is logged, and followed. NOTHING: it is told at the end."""

    FENCE = "fence"
    CAPTURE = "capture"
    NOTHING = "nothing"
