"""Trying a mutation: damage, look, put back, look again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psycopg

from tests.safety.mutations.change import Change
from tests.safety.mutations.damage import Damage, Inflict
from tests.safety.mutations.scene import Answer, Scene

_MOST_LINES = 45  # of an answer that was not the right one
_LOOKING = frozenset({"verify", "status", "rollback --validate"})


@dataclass(frozen=True)
class Trying:
    """What came of one mutation: killed where nothing is wrong."""

    name: str
    what: str
    seen_by: str
    wrong: str = ""
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        return not self.wrong


class Trials:
    """Mutations tried one after another on one scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._content: set[tuple[str, Inflict | None]] = set()

    def of_data(self, damage: Damage) -> Trying:
        """Lets the command look at the undamaged split, once for all, damages that, lets it look again, and puts it back.

        Each damage is done to copies of what the command was content with, so that it is the reason of what is said.
        """
        began = time.monotonic()
        made = Trying(damage.name, damage.what, damage.command)
        try:
            wrong = self._discontent(damage.command, damage.before)
            if not wrong:
                answer = self._damaged(damage)
                wrong = "" if damage.is_seen(self.scene, answer) else _told(damage, answer)
        except psycopg.Error as error:
            wrong = f"it could not be done: {error}"
        return replace(made, wrong=wrong, seconds=time.monotonic() - began)

    def of_the_end(self) -> Trying:
        """Whether the split is whole after all of it: nothing of a damage has stayed to be seen with the next."""
        began = time.monotonic()
        wrong = "".join(self._look_undamaged(command) for command in sorted(_LOOKING))
        return Trying("nothing stays", "control", "verify, status, rollback", wrong, time.monotonic() - began)

    def of_code(self, change: Change, damages: Sequence[Damage]) -> Trying:
        """Changes the program, and sees whether it still sees one of the damages, or says more of a good split."""
        began = time.monotonic()
        try:
            with change.made():
                noticed = self._noticed(damages)
            wrong = (
                "" if noticed else f"noticed by none of: the undamaged split, {', '.join(one.name for one in damages)}"
            )
        except psycopg.Error as error:
            noticed, wrong = "", f"it could not be done: {error}"
        return Trying(change.name, "code", noticed, wrong, time.monotonic() - began)

    def _noticed(self, damages: Sequence[Damage]) -> str:
        """What is not answered as it is without the change; '' where nothing is."""
        for damage in damages:
            if not damage.is_seen(self.scene, self._damaged(damage)):
                return damage.name
        return "the undamaged split" if self._look_undamaged("verify") else ""

    def _damaged(self, damage: Damage) -> Answer:
        try:
            if damage.before is not None:
                damage.before(self.scene)
            damage.inflict(self.scene)
            return self.scene.look(damage.command)
        finally:
            if damage.undo is not None:
                damage.undo(self.scene)
            self.scene.put_back()

    def _discontent(self, command: str, before: Inflict | None) -> str:
        """Why the command is not content with the undamaged split; asked once."""
        if (command, before) in self._content:
            return ""
        wrong = self._look_undamaged(command, before)
        if not wrong:
            self._content.add((command, before))
        return wrong

    def _look_undamaged(self, command: str, before: Inflict | None = None) -> str:
        try:
            if before is not None:
                before(self.scene)
            answer = self.scene.look(command)
        finally:
            self.scene.put_back()
        if answer.exit_code == 0:
            return ""
        return f"{command}, without the damage: exit {answer.exit_code}\n    " + "\n    ".join(
            answer.lines[:_MOST_LINES]
        )


def _told(damage: Damage, answer: Answer) -> str:
    shown = "\n    ".join(line for line in answer.lines[:_MOST_LINES] if line.strip())
    return f"exit {answer.exit_code} for {damage.exit_code}, no line with {damage.says}:\n    {shown}"
