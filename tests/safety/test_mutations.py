"""A few mutations of each kind; `make mutations` tries all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.safety.mutations.catalogue import code_mutations, data_mutations, every_damage
from tests.safety.mutations.damage import Damage
from tests.safety.mutations.scene import split_scene
from tests.safety.mutations.trying import Trials
from tests.servers import PostgresServer

# Of each kind, and those that a check did not see until a mutation told.
_DAMAGES = (
    "a value changed (words)",
    "a row doubled in a table without a key",
    "a table with rows missing",
    "a column with values missing",
    "a table that others refer to missing",
    "the bytes of a large object",
    "a row moved to another tenant (leak)",
    "a reference of both sides that leads nowhere",
    "constraint: a check not validated",
    "constraint: a foreign key that nothing enforces",
    "constraint: a foreign key enforced at one end",
    "column: NOT NULL not validated",
    "sequence: unlogged",
    "routine: an aggregate's combining",
    "publication: its tables",
    "privilege: of a language",
    "owner: statistics'",
    "sequence: behind what the source gave",
    "source: a row of nobody added",
    "the fence: disabled on one table",
    "the fence: refusing nothing",
    "source and target written, behind the fence",
    "a receipt of a finish gone, and rows written",
    "a mark of another tenant",
    "a role: a stranger is its member",
    "a role: a stranger is a member of its group",
    "a backup: a bit of a table's rows",
    "a manifest: a table's digest",
    "a backup older than the source: a large object more",
)
_CHANGES = (
    "a digest without the last column",
    "the source with itself",
    "the proof passes over a table",
    "conservation is not asked",
    "nothing leaks",
    "the source's digest of every tenant together",
    "verify passes over the fence",
    "objects.sql without: constraint",
)


@pytest.fixture(scope="module")
def trials(server: PostgresServer) -> Iterator[Trials]:
    with split_scene(server.url) as scene:
        made = Trials(scene)
        yield made
        end = made.of_the_end()
        assert end.killed, end.wrong


@pytest.fixture(scope="module")
def damages(server: PostgresServer) -> list[Damage]:
    """Those that the server is capable of."""
    return data_mutations(server.url())


@pytest.mark.each
@pytest.mark.parametrize("name", _DAMAGES)
def test_damage_is_seen_by_the_command_that_claims_it(trials: Trials, damages: list[Damage], name: str) -> None:
    assert name in {one.name for one in every_damage()}
    for damage in damages:
        if damage.name == name and damage.command not in ("rollback", "rollback --replay-writes"):
            tried = trials.of_data(damage)
            assert tried.killed, tried.wrong


@pytest.mark.parametrize("name", _CHANGES)
def test_a_change_of_the_code_lets_damage_through(trials: Trials, damages: list[Damage], name: str) -> None:
    ((change, shown),) = [(one, found) for one, found in code_mutations(damages) if one.name == name]
    tried = trials.of_code(change, shown)
    assert tried.killed, tried.wrong


def test_every_change_still_fits_the_code(damages: list[Damage]) -> None:
    for change, _ in code_mutations(damages):
        with change.made():
            pass
