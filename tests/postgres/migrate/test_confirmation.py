"""migrate shows what it is about to do, and does nothing before it is confirmed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.postgres.plan.projects import is_fenced
from tests.postgres.shop import Shop, kill_migrate, load_shop, make_shop, make_slow
from tests.servers import DatabaseFactory
from tests.terminal import Terminal

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url)
    made = make_shop(tmp_path / "shop", url, prefix)
    made.plan()
    return made


def fingerprint(shop: Shop) -> str:
    return str(shop.journal("SELECT fingerprint FROM plans ORDER BY made_at DESC LIMIT 1")[0][0])


def untouched(shop: Shop) -> bool:
    return shop.databases() == ["migrator"] and not is_fenced(shop)


def test_off_a_terminal_it_is_refused_and_says_what_to_type(shop: Shop) -> None:
    refused = shop.run_as_typed("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert untouched(shop)
    assert "has to be confirmed" in refused.error
    assert "5 databases" in refused.error
    assert f"migrator --config {shop.toml} migrate --plan {fingerprint(shop)[:12]}" in refused.error
    assert f"migrator --config {shop.toml} migrate --yes" in refused.error
    assert shop.run("status").document["fence"] == ""
    answer = shop.run_as_typed("migrate", "--without-backup", "--plan", fingerprint(shop)[:12])
    assert answer.exit_code == 0
    assert shop.run_as_typed("migrate").document["status"] == "nothing-to-do"


def test_another_plan_than_the_one_named_confirms_nothing(shop: Shop) -> None:
    refused = shop.run_as_typed("migrate", "--without-backup", "--plan", "0" * 12)
    assert refused.exit_code == 3
    assert untouched(shop)


def test_what_is_refused_anyway_is_not_asked_about(shop: Shop) -> None:
    refused = shop.run_as_typed("migrate")
    assert "There is no backup of this run." in refused.error
    assert "confirm" not in refused.error


@pytest.mark.parametrize(("key", "exit_code"), [(b"yes\n", 3), (b"\n", 3), (b"\x04", 130), (b"\x03", 130)])
def test_anything_but_the_runs_id_leaves_everything_as_it_is(shop: Shop, key: bytes, exit_code: int) -> None:
    with Terminal(shop, ("migrate", "--without-backup")) as terminal:
        terminal.read_until("leaves everything as it is: ")
        terminal.press(key)
        assert terminal.exit_code() == exit_code
    assert untouched(shop)
    assert "nothing was changed" in terminal.text
    assert "fenced since" not in terminal.text


def test_the_plan_is_shown_on_about_ten_lines_and_the_runs_id_starts_it(shop: Shop) -> None:
    run = shop.run_id()
    with Terminal(shop, ("migrate", "--without-backup")) as terminal:
        shown = terminal.read_until("leaves everything as it is")
        assert untouched(shop)
        page = [line for line in shown[shown.index("planned") :].splitlines() if line.strip()]
        assert len(page) <= 14
        assert all(len(line) <= 80 for line in page)
        for told in (
            "5 databases (1 auth, 1 shared, 3 tenant)",
            "9 tables",
            "until all is copied and proved",
            "`migrator rollback`",
            "computed; `migrator dry-run --rehearse` measures them",
            "none of this run",
            fingerprint(shop)[:12],
        ):
            assert told in " ".join(shown.split())
        terminal.type(run)
        assert terminal.exit_code() == 0
    assert is_fenced(shop)


def test_yes_asks_nothing_at_a_terminal(shop: Shop) -> None:
    with Terminal(shop, ("migrate", "--without-backup", "--yes")) as terminal:
        assert terminal.exit_code() == 0
    assert "Type the run's id" not in terminal.text


@pytest.mark.exhaustive
def test_an_attempt_that_died_behind_its_fence_goes_on_without_a_question(shop: Shop) -> None:
    make_slow(shop).plan()
    kill_migrate(shop, "copying")
    answer = shop.run_as_typed("migrate", "--without-backup")
    assert answer.exit_code == 0, answer.document


def test_an_attempt_that_fenced_nothing_is_confirmed_again(shop: Shop) -> None:
    make_slow(shop).plan()
    process = shop.start("migrate", "--without-backup", "--no-fence")
    shop.end(process, signal.SIGINT)
    assert shop.run_as_typed("migrate", "--without-backup", "--no-fence").exit_code == 3
