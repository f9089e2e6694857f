"""What a mutation of the data is: something that is damaged, the command that has to see it, and what it has to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.safety.mutations.scene import Answer, Scene

Inflict = Callable[[Scene], None]


@dataclass(frozen=True)
class Damage:
    """One mutation; `says` are words that one line of the command's report has to hold, all of them.

    `before` is done to an undamaged split first, which the command has to take well; `undo` mends what stands in no
    database of the split.
    """

    name: str
    what: str  # is damaged: target, source, fence, receipt, journal, mark, role, backup; control: nothing is
    inflict: Inflict
    command: str
    exit_code: int
    says: tuple[str, ...]
    before: Inflict | None = None
    undo: Inflict | None = None
    since: int = 0  # the server's major version that it needs
    needs: str = ""  # an extension that it needs

    def is_seen(self, scene: Scene, answer: Answer) -> bool:
        """Whether the answer is what this damage has to be met with."""
        return answer.exit_code == self.exit_code and answer.says(tuple(scene.spelt(word) for word in self.says))


def statements(database: str, text: str) -> Inflict:
    """Damages a database by statements, in one transaction; those after a line of "--" stand in another."""
    return lambda scene: scene.execute(database, text)


def on_server(text: str, *touched: str) -> Inflict:
    """Damages something by statements that stand in no database of the split; `touched` are those that they change."""
    return lambda scene: scene.execute_on_server(text, *touched)


def both(*parts: Inflict) -> Inflict:
    """One after another."""

    def inflict(scene: Scene) -> None:
        for part in parts:
            part(scene)

    return inflict
