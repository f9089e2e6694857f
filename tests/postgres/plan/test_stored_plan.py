"""After migrate the stored plan counts: neither an edit of migrator.toml nor trees that are gone break anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.postgres.shop import Shop, kill_migrate, load_shop, make_shop, make_slow, shop_on
from tests.postgres.workspaces import run_sql, state
from tests.project import Answer
from tests.servers import DatabaseFactory, PostgresServer

pytestmark = pytest.mark.timeout(300)

Edit = Callable[[Shop], None]


def in_file(old: str, new: str) -> Edit:
    return lambda shop: shop.replace(old, new)


def without_trees(shop: Shop) -> None:
    for name in ("auth", "shared", "tenant"):
        shutil.rmtree(shop.directory / name)


def edited_revision(shop: Shop) -> None:
    with (shop.directory / "tenant" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write("CREATE TABLE later (id integer PRIMARY KEY);\n")


def later_revision(shop: Shop) -> None:
    (shop.directory / "shared" / "versions" / "second.py").write_text(
        'revision = "second"\ndown_revision = "0001"\n\ndef upgrade() -> None: ...\n', encoding="utf-8"
    )


def broken_tree(shop: Shop) -> None:
    (shop.directory / "auth" / "versions" / "initial.py").write_text("this is not Python", encoding="utf-8")


EDITS: dict[str, tuple[Edit, str]] = {
    "dropped column": (in_file('{ amount = "net" }', '{ amount = "net", note = "" }'), "[tables.orders] columns.note"),
    "another name": (in_file('as = "sales", ', 'as = "bills", '), "[tables.orders] as"),
    "removed table": (in_file('notes = { target = "tenant", key = "tenant_id" }\n', ""), "[tables.notes]"),
    "another target": (in_file('users = { target = "auth"', 'users = { target = "shared"'), "[tables.users] target"),
    "another database": (in_file('"{prefix}_{slug}"', '"{prefix}_of_{slug}"'), "[targets.tenant] database"),
    "another tenant root": (in_file('slug = "code"', 'slug = "name"'), "[tenants] slug"),
    "policies": (in_file('"shared"\n\n', '"shared"\nrow_level_security = true\n\n'), "[targets.shared]"),
    "no trees": (without_trees, "tree of target auth"),
    "edited revision": (edited_revision, "tree of target tenant"),
    "later revision": (later_revision, "tree of target shared"),
    "broken tree": (broken_tree, "tree of target auth"),
}  # fmt: skip
# Edits that do not hide each other are made at once: each of them has to be named.
OF_THE_FILE = ("dropped column", "another name", "removed table", "another target", "another database",
               "another tenant root", "policies")  # fmt: skip
TOGETHER = (OF_THE_FILE, ("no trees",), ("edited revision", "later revision", "broken tree"))


@pytest.fixture(scope="module")
def split(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that has been split; whoever changes its directory puts it back."""
    with shop_on(server, tmp_path_factory.mktemp("shop") / "shop", "t_stored") as made:
        made.split()
        yield made


@pytest.fixture
def kept(split: Shop, tmp_path: Path) -> Iterator[Shop]:
    """The same, whose directory a test may change as it likes."""
    shutil.copytree(split.directory, tmp_path / "kept")
    yield split
    shutil.rmtree(split.directory)
    shutil.copytree(tmp_path / "kept", split.directory)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url)
    return make_shop(tmp_path / "shop", url, prefix)


def edited(shop: Shop, names: Sequence[str]) -> set[str]:
    """Makes these edits; returns what has to be said of them."""
    for name in names:
        EDITS[name][0](shop)
    return {EDITS[name][1] for name in names}


def named(answer: Answer) -> list[str]:
    return [str(row["what"]) for row in answer.section("Changed since")]


@pytest.mark.parametrize("names", TOGETHER, ids=" and ".join)
def test_proof_and_way_back_go_by_the_stored_plan(kept: Shop, names: Sequence[str]) -> None:
    changes = edited(kept, names)
    for command in (["verify"], ["rollback", "--validate"], ["rollback", "--tenant", "1", "--validate"], ["migrate"]):
        answer = kept.succeed(*command)
        assert {change for change in changes if not any(change in what for what in named(answer))} == set(), command
        assert "changed since the plan was made" in answer.stderr
    assert answer.document["status"] == "nothing-to-do"


@pytest.mark.parametrize("names", [OF_THE_FILE[:3], ("no trees",)], ids=" and ".join)
def test_writes_are_carried_back_by_the_stored_plan(shop: Shop, names: Sequence[str]) -> None:
    shop.split()
    shop.execute("tenant_1", "UPDATE sales SET net = net + 1, note = 'late' WHERE id = (SELECT min(id) FROM sales)")
    shop.execute("tenant_1", "INSERT INTO notes (tenant_id, body) SELECT min(tenant_id), 'new' FROM notes")
    changes = edited(shop, names)
    answer = shop.take_back("--replay-writes")
    assert answer.exit_code == 0, answer.document
    assert answer.summary["changes_carried_back"] == 2
    assert {change for change in changes if not any(change in what for what in named(answer))} == set()
    assert shop.value("", "SELECT count(*) FROM orders WHERE note = 'late'") == 1
    assert shop.value("", "SELECT count(*) FROM notes WHERE body = 'new'") == 1


def test_a_revision_that_was_edited_after_dry_run_is_a_stale_plan(shop: Shop) -> None:
    shop.plan()
    edited_revision(shop)
    refused = shop.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert "stale" in refused.error
    assert shop.databases() == ["migrator"]


@pytest.mark.parametrize("edit", [in_file('{ amount = "net" }', '{ amount = "net", note = "" }'), without_trees])
def test_what_was_begun_goes_on_by_the_plan_that_it_was_begun_with(shop: Shop, edit: Edit) -> None:
    make_slow(shop)
    shop.plan()
    kill_migrate(shop, "copying")
    edit(shop)
    answer = shop.succeed("migrate", "--without-backup")
    assert answer.section("Changed since")
    assert shop.value("tenant_1", "SELECT count(*) FROM sales WHERE note IS NOT NULL") > 0
    shop.succeed("verify")


@pytest.mark.exhaustive
def test_another_dry_run_ends_what_was_begun_and_nothing_of_it_is_mixed_in(shop: Shop) -> None:
    make_slow(shop)
    before = state(shop.source)
    shop.plan()
    kill_migrate(shop, "finishing")
    shop.replace('{ amount = "net" }', '{ amount = "net", note = "" }')
    with (shop.directory / "tenant" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write("CREATE TABLE later (id integer PRIMARY KEY);\n")
    shop.succeed("dry-run")
    shop.succeed("migrate", "--without-backup")
    for name in ("tenant_1", "tenant_2"):
        assert shop.value(name, "SELECT count(*) FROM sales WHERE note IS NOT NULL") == 0
        assert shop.value(name, "SELECT to_regclass('later') IS NOT NULL")
    assert shop.succeed("verify").section("Changed since") == []
    assert shop.take_back().exit_code == 0
    assert state(shop.source) == before


def test_another_plan_is_refused_once_a_run_is_migrated(shop: Shop) -> None:
    shop.split()
    shop.replace('as = "sales", ', "")
    shop.run("dry-run")
    answer = shop.succeed("migrate", "--without-backup")
    assert answer.document["status"] == "nothing-to-do"
    assert shop.value("tenant_1", "SELECT count(*) FROM sales") > 0


def test_another_source_is_refused_by_its_name(shop: Shop) -> None:
    shop.split("--no-fence")
    run_sql(shop.source, "ALTER TABLE notes ADD COLUMN added text")
    for command in ("verify", "migrate"):
        refused = shop.run(command)
        assert refused.exit_code == 3
        assert "not those that were migrated" in refused.error
    assert shop.take_back().exit_code == 1  # and says that the source is not what it was


def test_a_plan_of_an_earlier_version_is_refused_by_verify_and_does_not_keep_rollback(shop: Shop) -> None:
    before = state(shop.source)
    shop.split()
    shop.execute("migrator", 'UPDATE migrator.plans SET document = \'{"fingerprint": "0123456789abcdef"}\'')
    refused = shop.run("verify")
    assert refused.exit_code == 3
    assert "The stored plan 0123456789ab cannot be read: an earlier version of migrator wrote it" in refused.error
    assert shop.take_back().exit_code == 0
    assert state(shop.source) == before
