"""The stages of a tenant that moves out of a source that is written to, and may go back into it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

# Whose writes of the tenant's rows are taken; "nobody" is a freeze that the server ends by itself, or downtime.
Writer = Literal["source", "target", "nobody"]
# Where a stage can be read after a crash; "lock" is a session's: it ends with the session, and so does the stage.
Home = Literal["journal", "source", "target", "lock"]


class Stage(StrEnum):
    """Where a tenant stands; the text is what the journal holds."""

    COPIED = "copied"
    FOLLOWED = "followed"
    PROVED = "proved"
    ARMED = "armed"
    FROZEN = "frozen"
    DECIDING = "deciding"
    FENCED = "fenced"
    OPENED = "opened"
    PUBLISHED = "published"
    REVERSING = "reversing"
    RETURNING = "returning"
    RETURN_FROZEN = "return-frozen"
    SHUT = "shut"
    LIFTED = "lifted"
    FINISHING = "finishing"
    FINALIZED = "finalized"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is true of a tenant in a stage, who may write its rows, and where the stage is durable."""

    text: str
    writer: Writer
    home: Home


MEANINGS: dict[Stage, Meaning] = {
    Stage.COPIED: Meaning("its rows are in the target, at no position yet", "source", "journal"),
    Stage.FOLLOWED: Meaning("its target equals the source at the target's position", "source", "journal"),
    Stage.PROVED: Meaning("followed, and a comparison has found no difference", "source", "journal"),
    Stage.ARMED: Meaning("all that writes its rows in the source passes the gate", "source", "source"),
    Stage.FROZEN: Meaning("the gate's lock is held and its writers wait", "nobody", "lock"),
    Stage.DECIDING: Meaning("the fence is being committed; the source says whether it stands", "nobody", "source"),
    Stage.FENCED: Meaning("the source refuses its writes, the target's door is shut yet", "nobody", "source"),
    Stage.OPENED: Meaning("the target takes its writes, the map does not say so yet", "target", "target"),
    Stage.PUBLISHED: Meaning("the map names the target", "target", "journal"),
    Stage.REVERSING: Meaning("what is written in the target is carried back into the source", "target", "journal"),
    Stage.RETURNING: Meaning("going back is ordered; the target still takes its writes", "target", "journal"),
    Stage.RETURN_FROZEN: Meaning("the lock of the target's gate is held and its writers wait", "nobody", "lock"),
    Stage.SHUT: Meaning("the target's door is shut again, the source's fence still stands", "nobody", "target"),
    Stage.LIFTED: Meaning("the source takes its writes again, the map does not say so yet", "source", "source"),
    Stage.FINISHING: Meaning("the last comparison before the point of no return", "target", "journal"),
    Stage.FINALIZED: Meaning("it stays in its target; nothing is carried back any more", "target", "journal"),
}
