"""What the journal calls done is there after a crash of a server whose commits do not wait for its disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg
import pytest

from migrator.core.result.outcome import Outcome
from migrator.errors import DatabaseError
from migrator.postgres.backup.dump import dump_directory, restore
from migrator.postgres.session.connect import Endpoint
from migrator.postgres.session.durability import durable
from tests.safety.case import SMALL, Variation
from tests.safety.claims import unkept
from tests.safety.faults import Point
from tests.safety.test_object_changes import PICTURES
from tests.safety.torture import Servers, torture_servers
from tests.safety.trial import Kind, Trial, holding, plan, split, take_back, trial
from tests.servers import create_database, drop_databases

pytestmark = pytest.mark.timeout(300)

_TEMPLATE = "template_torture"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with torture_servers() as running:
        yield running


@pytest.fixture
def apart(servers: Servers) -> Iterator[Callable[[Variation], Trial]]:
    """Makes a trial whose targets are on a server of their own, which crashes; the journal stays with the source."""
    with ExitStack() as made:

        def make(variation: Variation) -> Trial:
            crash = lambda: servers.apart.restart("immediate")  # noqa: E731
            where = trial(servers.source.url, _TEMPLATE, variation, crash, servers.apart.url)
            here = made.enter_context(where)
            here.journal_at = servers.source.url
            return here

        yield make


# Where migrate is about to wait for the disk of the targets' server, or has waited and is about to tell the journal.
ENTRIES = (
    "prepare: SELECT pg_logical_emit_message",
    "prepare: COMMIT > journal: INSERT INTO migrator.records",
    "create: SELECT pg_logical_emit_message",
    "create: COMMIT > journal: INSERT INTO migrator.artefacts",
    "copy: SELECT pg_logical_emit_message",
    "copy: COMMIT > journal: INSERT INTO migrator.digests",
    "finish: COMMIT > journal: INSERT INTO migrator.digests",
)


def test_every_entry_of_migrate_outlives_a_crash_of_the_targets_server(apart: Callable[[Variation], Trial]) -> None:
    here = apart(SMALL)
    here.run(plan)
    for name in ENTRIES:
        met = here.meet(split, partial(_crash_at, name))
        if met.point is None:  # the attempt before has gone past it: from the beginning
            here.run(take_back)
            here.run(plan)
            met = here.meet(split, partial(_crash_at, name))
        assert met.point is not None, name
        assert unkept(here) == [], f"after a crash at [{name}]"
    assert here.run(split).exit_code == 0
    assert here.run(take_back).exit_code == 0
    assert here.is_back() == []


def _crash_at(name: str, point: Point) -> Kind | None:
    return "restart" if point.name == name else None


def test_a_crash_between_the_commit_of_a_copy_and_the_wait_for_the_disk(apart: Callable[[Variation], Trial]) -> None:
    here = apart(SMALL)
    here.run(plan)
    _, result = here.disturbed(split, "late restart", "copy: COMMIT")
    assert unkept(here) == []
    # Only a session that is older than the commit can tell: a new one would wait for what is left.
    assert isinstance(result, DatabaseError)
    assert here.run(split).exit_code == 0


def after_the_bare_clone() -> Callable[[Point], Kind | None]:
    """Chooses a crash when pg_restore has filled the bare clone, and nothing else has been done with it."""
    filled: list[Point] = []

    def choose(point: Point) -> Kind | None:
        if point.label == "program: pg_restore bare":
            filled.append(point)
        return "restart" if filled and point.label == "program: pg_restore" else None

    return choose


def test_a_bare_clone_that_a_crash_has_emptied_is_not_believed(servers: Servers) -> None:
    with trial(servers.source.url, _TEMPLATE, restart=lambda: servers.source.restart("immediate")) as here:
        here.run(plan)
        met = here.meet(split, after_the_bare_clone())
        assert met.point is not None
        assert isinstance(met.result, DatabaseError)
        assert unkept(here) == []
        assert here.run(split).exit_code == 0


def test_large_objects_outlive_a_crash_once_they_are_copied(apart: Callable[[Variation], Trial]) -> None:
    here = apart(PICTURES)
    here.run(plan)
    # No session to the crashed server is open here: nothing but what is there can tell of the crash.
    _, result = here.disturbed(split, "restart", "large objects: COMMIT > journal: INSERT INTO migrator.steps")
    assert isinstance(result, Outcome)
    assert result.exit_code == 0, result.headline


def test_a_restored_archive_outlives_a_crash(servers: Servers, tmp_path: Path) -> None:
    server = servers.source
    create_database(server.url(), "restored")
    try:
        dump_directory(Endpoint(server.url(_TEMPLATE)), tmp_path / "dump")
        assert restore(Endpoint(server.url("restored")), tmp_path / "dump") == ()
        server.restart("immediate")
        assert holding(server.url("restored")) == holding(server.url(_TEMPLATE))
    finally:
        drop_databases(server.url(), "restored")


def test_a_crash_before_the_wait_for_the_disk_is_no_success(servers: Servers) -> None:
    server = servers.source

    def crash_in_between() -> None:
        with durable(Endpoint(server.url()), purpose="test"):
            with psycopg.connect(server.url(), autocommit=True) as other:
                other.execute("CREATE TABLE lost ()")
            server.restart("immediate")

    with pytest.raises(DatabaseError):
        crash_in_between()
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT to_regclass('lost')").fetchone() == (None,)


@pytest.mark.parametrize(
    "place", ["reset: DROP DATABASE", "reset: DROP DATABASE > journal: DELETE FROM migrator.steps"]
)
def test_databases_that_migrate_drops_to_make_them_anew_are_not_missed_by_rollback(
    servers: Servers, place: str
) -> None:
    with trial(servers.source.url, _TEMPLATE) as here:
        here.run(plan)
        here.disturbed(split, "timeout", "release: SELECT pg_terminate_backend")
        assert not here.fenced()
        here.disturbed(split, "crash", place)
        assert unkept(here) == []
        assert here.run(take_back).exit_code == 0
        assert here.is_back() == []
