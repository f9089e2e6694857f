"""What a wave leaves to others: ticks both ways, comparisons, the journal and the map."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from migrator.commands.cutover.numbers import reserve_numbers
from migrator.commands.cutover.protocol import Answer, Because
from migrator.commands.follow.followed_run import BEGIN_ANEW, FollowedRun
from migrator.commands.follow.reverse_rounds import ReverseTicks
from migrator.commands.follow.rounds import Rounds
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import Agreed, Differed, Event, Side, Ticked
from migrator.errors import MigratorError, RefusedError
from migrator.postgres.session.connect import system_identifier
from migrator.postgres.sync.live_digests import UnequalError

# The follower may carry back at the same moment: whoever comes second begins anew.
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.02


class FollowedWave:
    """The work for the tenants of a wave, whose databases are given by their keys; a context, which keeps sessions."""

    def __init__(self, followed: FollowedRun, databases: Mapping[str, str]) -> None:
        self._followed = followed
        self._databases = databases
        self._tenants = {database: tenant for tenant, database in databases.items()}
        self._rounds = Rounds(followed, jobs=1, sessions=max(1, len(databases)))
        self._back = ReverseTicks(followed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._rounds.__exit__(kind, error, traceback)
        self._back.close()

    def tick(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Brings the tenants' other side to what this one holds now."""
        return self._forward(tenants) if side is Side.SOURCE else self._backward(tenants)

    def prove(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Compares both sides at one position of the source, while nobody writes for these tenants on either.

        On the way back whatever every tenant has is brought from the source for it: that was written there meanwhile.
        """
        return self._forward(tenants, proved=True, serving=side is Side.TARGET)

    def repair(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Refuses: what has to be compared in full is copied anew by hand.

        Raises:
            RefusedError: always.
        """
        raise RefusedError(
            f"The {side} is another server than the one that was followed: no position means anything there.",
            BEGIN_ANEW,
        )

    def reserve_numbers(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Gives the sequences of the tenants' databases blocks of numbers."""
        reserve_numbers(self._followed, [self._followed.databases[self._databases[tenant]] for tenant in tenants])
        return {}

    def journal(self, tenants: Sequence[str], stage: Stage) -> None:
        """Writes the stage of the tenants down."""
        self._followed.context.journal.move([self._databases[tenant] for tenant in tenants], stage)

    def stages(self, tenants: Sequence[str]) -> Mapping[str, Stage]:
        """The stages that are written down."""
        known = {one.database: Stage(one.state) for one in self._followed.context.journal.followed_databases()}
        return {tenant: known[self._databases[tenant]] for tenant in tenants}

    def publish(self, side: Side, tenants: Sequence[str], generation: int) -> None:
        """Says on the map where the tenants are, unless it knows a later generation."""
        databases = [self._databases[tenant] for tenant in tenants]
        self._followed.context.journal.publish(databases, side, generation)

    def positions_hold(self) -> bool:
        """Whether the source is the server that positions were taken from."""
        with self._followed.context.workspace.read_source("cutover") as connection:
            return system_identifier(connection) == self._followed.survey.catalog.system_identifier

    def _forward(self, tenants: Sequence[str], *, proved: bool = False, serving: bool = False) -> Mapping[str, Answer]:
        databases = [self._databases[tenant] for tenant in tenants]
        result = self._rounds.bring_on(databases, proved=proved, serving=serving)
        done: Event = Agreed() if proved else Ticked()
        return {
            **{self._tenants[name]: done for name in result.positions},
            **{self._tenants[name]: _answer(error) for name, error in result.failures.items()},
        }

    def _backward(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        answers: dict[str, Answer] = {}
        for tenant in tenants:
            for attempt in range(_ATTEMPTS):
                try:
                    self._back.tick(self._databases[tenant])
                except MigratorError as error:
                    answers[tenant] = error
                    if not isinstance(error, RefusedError) or attempt + 1 == _ATTEMPTS:
                        break
                    time.sleep(_PAUSE_SECONDS)
                else:
                    answers[tenant] = Ticked()
                    break
        return answers


def _answer(error: MigratorError) -> Answer:
    return Because(Differed(), error.message) if isinstance(error, UnequalError) else error
