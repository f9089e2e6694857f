"""rollback --restore-backup: a backup that is not whole, or not this run's, is refused before anything is touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.postgres.shop import Shop, shop_on
from tests.postgres.workspaces import state
from tests.servers import PostgresServer

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def shop(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop_on(server, tmp_path_factory.mktemp("worth"), "worth", tenants=2, orders=12) as shop:
        shop.succeed("backup")
        shop.split()
        yield shop


@pytest.fixture
def backup(shop: Shop) -> Iterator[Path]:
    """The run's backup, to be damaged; whole again afterwards."""
    home = shop.directory / "backups" / "pre-migration"
    kept = home.with_name("kept")
    shutil.copytree(home, kept)
    yield home / shop.run_id()
    shutil.rmtree(home, ignore_errors=True)
    kept.rename(home)


def largest(backup: Path) -> Path:
    return max((backup / "dump").iterdir(), key=lambda path: path.stat().st_size)


def cut_short(backup: Path) -> None:
    file = largest(backup)
    file.write_bytes(file.read_bytes()[:-1])


def flip_a_bit(backup: Path) -> None:
    file = largest(backup)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def lose_a_file(backup: Path) -> None:
    largest(backup).unlink()


def lose_the_contents(backup: Path) -> None:
    (backup / "dump" / "toc.dat").unlink()


def put_in_a_foreign_file(backup: Path) -> None:
    shutil.copy(largest(backup), backup / "dump" / "9999.dat")


def lose_the_manifest(backup: Path) -> None:
    (backup / "manifest.json").unlink()


def cut_the_manifest(backup: Path) -> None:
    manifest = backup / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-30])


def lose_all_of_it(backup: Path) -> None:
    shutil.rmtree(backup)


def take_another_sources(backup: Path) -> None:
    rewrite(backup, lambda document: document["source"].update(database="another"))


def take_another_runs(backup: Path) -> None:
    rewrite(backup, lambda document: document.update(run="20200101-000000-0000"))


def rewrite(backup: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = backup / "manifest.json"
    document = json.loads(manifest.read_text())
    change(document)
    manifest.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut_short, "is cut short"),
        (flip_a_bit, "is damaged"),
        (lose_a_file, "is missing"),
        (lose_the_contents, "toc.dat is missing"),
        (put_in_a_foreign_file, "does not belong"),
        (lose_the_manifest, "manifest.json cannot be read"),
        (cut_the_manifest, "is not the manifest of a backup"),
        (lose_all_of_it, "There is no backup in"),
        (take_another_sources, "is of another source"),
        (take_another_runs, "is not the one that this run took"),
    ],
)
def test_a_bad_backup_is_refused_first(shop: Shop, backup: Path, damage: Callable[[Path], None], said: str) -> None:
    databases, before = shop.databases(), state(shop.source)
    damage(backup)
    refused = shop.take_back("--restore-backup", "--discard-writes")
    assert refused.exit_code == 3
    assert said in refused.error
    assert shop.databases() == databases
    assert state(shop.source) == before
    assert not (shop.directory / "backups" / "rollback").exists()


def test_with_the_journal_lost_the_backup_is_found_and_judged_as_well(shop: Shop, backup: Path) -> None:
    run, databases = shop.run_id(), shop.databases()
    with psycopg.connect(shop.source, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(f"{shop.prefix}_migrator")))
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute("DROP SCHEMA migrator_fence CASCADE")
        connection.execute("DELETE FROM order_lines")
    adopting = ("rollback", "--adopt", "--confirm", run, "--restore-backup", "--discard-writes")
    whole = largest(backup).read_bytes()
    cut_short(backup)
    refused = shop.run(*adopting)
    assert refused.exit_code == 3
    assert "is cut short" in refused.error
    assert shop.databases() == databases
    largest_file = next(path for path in (backup / "dump").iterdir() if whole.startswith(path.read_bytes()))
    largest_file.write_bytes(whole)
    answer = shop.run(*adopting)
    assert answer.exit_code == 0, answer.document
    assert shop.value("", "SELECT count(*) FROM order_lines") == 36
