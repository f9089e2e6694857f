"""A crash at any point of migrate: rollback brings the source back and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.safety.survival import SHARES, Ending, back, shares
from tests.servers import PostgresServer


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", SHARES)
def test_a_crash_of_migrate_at_any_point_is_mended_by_rollback(
    server: PostgresServer, template: str, ending: Callable[[str], Ending], share: int
) -> None:
    # What only the journal tells apart is the same to rollback, which reads the servers; and in the middle of a
    # transaction nothing stands yet.
    points = [name for name in ending("migrate").lasting if " > " not in name]
    assert back(server, template, shares(points)[share]) == []
