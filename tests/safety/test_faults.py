"""What else may happen at every step of every stage: a session is ended or lost, a statement times out, Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest

from tests.safety.points import registered
from tests.safety.survival import Due, Ending, again, steps
from tests.safety.trial import STAGES, Kind
from tests.servers import PostgresServer

_KINDS: tuple[Kind, ...] = ("terminate", "timeout", "lost", "interrupt")
_VARIATIONS = frozenset({"put back", "tenant", "adopt", "restore"})

pytestmark = pytest.mark.timeout(300)


def at_every_step() -> Iterator[tuple[str, Due]]:
    """(stage, kind of fault at one point of each of its steps): another point for each kind.

    Stages that are another's with something before or after it have one chain of what is their own, each step with a
    kind in turn.
    """
    for stage, points in registered().items():
        found = steps(point for point in points if not point.startswith(("program:", "file:")))
        if stage in _VARIATIONS:
            common = {*registered()["rollback"], *registered()["clean"]}
            found = steps(point for each in found.values() for point in each if point not in common)
            yield stage, {each[-1]: _KINDS[number % len(_KINDS)] for number, each in enumerate(found.values())}
            continue
        for number, kind in enumerate(_KINDS):
            yield stage, {each[number * len(each) // len(_KINDS)]: kind for each in found.values()}


def _one_kind_of_each_stage() -> Iterator[Any]:
    """Of each stage the chains of one kind, another for each stage; the rest is tried exhaustively."""
    turns = {stage: number % len(_KINDS) for number, stage in enumerate(registered())}
    for stage, due in at_every_step():
        chosen = stage in _VARIATIONS or {*due.values()} == {_KINDS[turns[stage]]}
        yield pytest.param(stage, due, marks=() if chosen else pytest.mark.exhaustive)


@pytest.mark.parametrize(("stage", "due"), list(_one_kind_of_each_stage()))
def test_whatever_happens_at_a_step_is_mended_by_the_same_command(
    server: PostgresServer, template: str, ending: Callable[[str], Ending], stage: str, due: Due
) -> None:
    assert again(server, template, stage, due, ending(stage)) == []


def test_every_kind_of_fault_has_its_tests() -> None:
    # A crash: the files beside this one; a restart: test_servers.py; a late one: test_durability.py.
    assert {*_KINDS, "crash", "restart", "late restart"} == set(get_args(Kind))
    assert set(STAGES) == set(registered())
