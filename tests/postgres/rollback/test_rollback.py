"""rollback at every point of a run: the source as it was, nothing of anybody else's touched, and twice does no harm."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from migrator.commands.rollback.command import rollback
from migrator.commands.shared.workspace import Workspace
from migrator.core.result.progress import Silent
from migrator.settings.load import load_settings
from tests.postgres.shop import Shop, kill_migrate, load_shop, make_shop, make_slow
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url)
    return make_shop(tmp_path / "shop", url, prefix)


def assert_nothing_to_take_back(shop: Shop) -> None:
    assert shop.succeed("rollback").document["status"] == "nothing-to-do"
    for command in ("rollback", "finish"):
        refused = shop.run(command, "--confirm", "20200101-000000-0000")
        assert refused.exit_code == 3
        assert "20200101-000000-0000 is the id of none that was" in refused.error


def test_before_anything_was_made_there_is_nothing_to_take_back(shop: Shop) -> None:
    before = state(shop.source)
    assert_nothing_to_take_back(shop)
    shop.plan()
    assert shop.succeed("rollback", "--validate").summary["databases_to_drop"] == 0
    assert shop.take_back().exit_code == 0
    assert_nothing_to_take_back(shop)
    assert state(shop.source) == before
    assert shop.databases() == ["migrator"]


def test_after_half_a_migrate(shop: Shop) -> None:
    make_slow(shop)
    before = state(shop.source)
    shop.plan()
    kill_migrate(shop, "copying")
    assert state(shop.source) != before  # the fence
    outlook = shop.succeed("rollback", "--validate")
    assert outlook.summary["databases_to_dump_first"] == 5
    remarks = {row["remark"] for row in outlook.section("Databases") if row["role"] == "target"}
    assert remarks == {"not finished by migrate"}
    run = shop.run_id()
    answer = shop.take_back()
    assert answer.exit_code == 0, answer.document
    assert state(shop.source) == before
    assert shop.databases() == ["migrator"]
    assert_nothing_to_take_back(shop)
    # The same command again did its work before.
    assert shop.succeed("rollback", "--confirm", run).document["status"] == "nothing-to-do"


class _Tasks(Silent):
    """Progress that remembers the tasks, with what each counted to."""

    def __init__(self) -> None:
        self.done: dict[str, int] = {}

    def advance(self, task: str, *, rows: int, bytes_: int = 0) -> None:
        self.done[task] = rows


def test_whatever_takes_long_for_many_databases_says_how_far_it_is(shop: Shop) -> None:
    shop.split()
    tasks = _Tasks()
    settings = load_settings(shop.toml, environment={})
    with closing(Workspace.of(settings, tasks)) as workspace:
        rollback(workspace, confirm=shop.run_id())
    assert tasks.done == {
        "reading what the databases hold": 5,
        "making databases read-only": 5,
        "dumping databases": 5,
        "dropping databases": 11,  # three templates and their bare clones too
        "comparing the source": 9,
    }


def test_after_verify_and_only_what_the_run_made(shop: Shop, database_factory: DatabaseFactory, prefix: str) -> None:
    before = state(shop.source)
    shop.split()
    shop.succeed("verify")
    foreign = database_factory(f"{prefix}_tenant_of_somebody_else")
    refused = shop.run("rollback")
    assert refused.exit_code == 3
    assert shop.run_id() in refused.error
    assert shop.run("rollback", "--confirm", "20200101-000000-0000").exit_code == 3
    assert "tenant_1" in shop.databases()

    answer = shop.take_back()
    assert answer.exit_code == 0, answer.document
    assert answer.summary["source_identical"] is True
    assert answer.summary["tables_compared"] == 9
    assert answer.summary["databases_dumped"] == 5
    assert state(shop.source) == before
    assert shop.databases() == ["migrator", "tenant_of_somebody_else"]
    with psycopg.connect(foreign) as connection:
        connection.execute("SELECT")
    for row in answer.section("Dumps"):
        dump = Path(row["dump"])
        assert stat.S_IMODE(dump.stat().st_mode) == 0o700
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in dump.iterdir())
    assert_nothing_to_take_back(shop)

    # And once more from the start: nothing of the first run is in the way.
    shop.split()
    assert shop.take_back().exit_code == 0
    assert state(shop.source) == before


def test_what_applications_wrote_is_not_lost_without_a_word(shop: Shop) -> None:
    before = state(shop.source)
    shop.split()
    shop.execute("tenant_2", "INSERT INTO notes VALUES (1000, 2, 'written after the split')")
    outlook = shop.run("rollback", "--validate")
    assert outlook.exit_code == 1
    refused = shop.take_back()
    assert refused.exit_code == 3
    assert "tenant_2" in refused.error
    assert "notes" in refused.error
    assert "--discard-writes" in refused.error
    assert "tenant_2" in shop.databases()
    answer = shop.take_back("--discard-writes")
    assert answer.exit_code == 0, answer.document
    assert state(shop.source) == before
    (dump,) = (row["dump"] for row in answer.section("Dumps") if row["database"].endswith("tenant_2"))
    assert Path(dump).is_dir()


def test_a_damaged_source_is_told_and_comes_back_from_the_backup(shop: Shop) -> None:
    before = state(shop.source)
    shop.succeed("backup")
    shop.split()
    shop.execute("", "DROP SCHEMA migrator_fence CASCADE; DELETE FROM order_lines WHERE order_id = 1")
    shop.execute("", "DROP FUNCTION note_order() CASCADE")
    damaged = shop.take_back()
    assert damaged.exit_code == 1
    assert damaged.summary["source_identical"] is False
    assert [row["table"] for row in damaged.section("Tables of the source")] == ["public.order_lines"]
    assert {row["kind"] for row in damaged.section("Objects of the source")} >= {"routine", "trigger"}
    restored = shop.take_back("--restore-backup")
    assert restored.exit_code == 0, restored.document
    after = state(shop.source)
    assert after.digests == before.digests
    assert after.objects == before.objects
    kept = str(restored.summary["damaged_source_kept_as"])
    assert "_damaged_" in kept
    with psycopg.connect(shop.source, dbname=kept) as connection:
        assert connection.execute("SELECT count(*) FROM order_lines").fetchall() == [(59 * 3,)]


def test_a_split_that_is_half_taken_back_is_not_told_as_one(shop: Shop) -> None:
    shop.toml.write_text(
        shop.toml.read_text(encoding="utf-8") + '\n[clean.old]\ntable = "notes"\nwhere = "id = 3"\n', encoding="utf-8"
    )
    shop.succeed("clean", "--execute")
    shop.execute("", "INSERT INTO notes VALUES (3, 1, 'has taken the number of the one in quarantine')")
    shop.split()
    assert shop.take_back("--restore-quarantine").exit_code != 0
    assert shop.databases() == ["migrator"]
    run = shop.run_id()
    for command in (("migrate", "--without-backup"), ("verify",)):
        answer = shop.run(*command)
        assert answer.exit_code == 3, answer.document
        assert f"rollback --confirm {run}" in answer.error
    assert shop.take_back().exit_code == 0
    assert_nothing_to_take_back(shop)
