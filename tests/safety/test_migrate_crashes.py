"""A crash at any point of migrate: the same command ends where an undisturbed run ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.safety.points import registered
from tests.safety.survival import Due, Ending, again, chains, shares
from tests.servers import PostgresServer

pytestmark = pytest.mark.timeout(300)

_SOME, _OTHERS = shares(registered()["migrate"])
_EXHAUSTIVE = [pytest.param(due, marks=pytest.mark.exhaustive) for due in chains(_OTHERS, 4)]


@pytest.mark.parametrize("due", [*chains(_SOME, 2), *_EXHAUSTIVE])
def test_a_crash_of_migrate_at_any_point_is_mended_by_migrate(
    server: PostgresServer, template: str, ending: Callable[[str], Ending], due: Due
) -> None:
    assert again(server, template, "migrate", due, ending("migrate")) == []
