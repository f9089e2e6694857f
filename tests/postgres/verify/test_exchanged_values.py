"""Two values exchanged in a tenant's database, and digests that an earlier version recorded: what each command says."""

from __future__ import annotations

import signal
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.postgres.shop import Shop, await_moment, load_shop, make_shop, make_slow
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

ONE = "tenant_1"
# E-mail addresses are unique: two change places by way of a third.
EXCHANGE = """
UPDATE customers SET email = 'x' WHERE id = 3;
UPDATE customers SET email = 'customer3@company.fr' WHERE id = 6;
UPDATE customers SET email = 'customer6@company.fr' WHERE id = 3;
"""


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    """A shop whose customers have e-mail addresses, which are unique."""
    url = database_factory()
    load_shop(url)
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE customers ADD email text UNIQUE")
        connection.execute("UPDATE customers SET email = 'customer' || id || '@company.fr'")
    made = make_shop(tmp_path / "shop", url, prefix)
    with (made.directory / "tenant" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write("ALTER TABLE customers ADD email text UNIQUE;\n")
    return made


def as_of_an_earlier_version(shop: Shop) -> None:
    """Leaves the open run as a version would have that hashed rows in another way, and had no name for it."""
    change = sql.SQL("UPDATE {} SET hash = (hash * 31 + 7) %% 18446744073709551616")
    with psycopg.connect(shop.url("migrator")) as connection:
        connection.execute("UPDATE migrator.records SET document = to_jsonb(split_part(document #>> '{}', '/', 1)) "
                           "WHERE name = 'epoch'")  # fmt: skip
        connection.execute("UPDATE migrator.records SET document = jsonb_set(document, '{epoch}', "
                           "to_jsonb(split_part(document ->> 'epoch', '/', 1))) WHERE name = 'sequences'")  # fmt: skip
        assert connection.execute(change.format(sql.Identifier("migrator", "digests")), []).rowcount
    for name in shop.databases():
        with psycopg.connect(shop.url(name)) as connection:
            receipts = sql.Identifier("migrator_receipts", "receipts")
            if connection.execute("SELECT to_regclass('migrator_receipts.receipts')").fetchone() != (None,):
                connection.execute(change.format(receipts), [])
                connection.execute(sql.SQL("UPDATE {} SET epoch = split_part(epoch, '/', 1)").format(receipts))


def rows_named(shop: Shop) -> set[tuple[str, str, str]]:
    answer = shop.run("verify")
    assert answer.exit_code == 1, answer.document["headline"]
    return {
        (row["database"].removeprefix(f"{shop.prefix}_"), row["table"], row["key"]) for row in answer.document["rows"]
    }


def test_verify_names_both_keys_and_rollback_counts_both_rows(shop: Shop) -> None:
    before = state(shop.source)
    shop.split()
    shop.succeed("verify")
    shop.execute(ONE, EXCHANGE)
    assert rows_named(shop) == {(ONE, "public.customers", "{3}"), (ONE, "public.customers", "{6}")}
    outlook = shop.run("rollback", "--validate")
    assert outlook.exit_code == 1
    ((written),) = outlook.section("Written since migrate")
    assert (written["database"], written["table"], written["inserted"], written["updated"], written["deleted"]) == (
        f"{shop.prefix}_{ONE}", "public.customers", 0, 2, 0,
    )  # fmt: skip
    # Neither row can be written before the other has let go of its address: both are kept in a file.
    refused = shop.take_back("--replay-writes")
    assert refused.exit_code == 3
    assert "2 changes of the targets cannot be carried back" in refused.error
    assert rows_named(shop) == {(ONE, "public.customers", "{3}"), (ONE, "public.customers", "{6}")}
    taken = shop.take_back("--replay-writes", "--accept-conflicts")
    assert taken.exit_code == 1
    assert taken.summary["conflicts"] == 2
    assert state(shop.source) == before


def test_a_value_exchanged_for_one_that_its_type_hashes_alike(shop: Shop) -> None:
    """bigint's own hash knows no difference between these two."""
    shop.split()
    shop.execute(ONE, "UPDATE sales SET number = (number # 1) | 4294967296 WHERE id = (SELECT min(id) FROM sales)")
    order = shop.value(ONE, "SELECT min(id) FROM sales")
    assert rows_named(shop) == {(ONE, "public.orders", f"{{{order}}}")}
    shop.take_back("--discard-writes")


def test_under_the_fence_digests_of_an_earlier_version_are_taken_anew(shop: Shop) -> None:
    before = state(shop.source)
    shop.split()
    as_of_an_earlier_version(shop)
    shop.succeed("verify")
    assert shop.succeed("rollback", "--validate").summary["databases_written_since_migrate"] == 0
    shop.execute(ONE, EXCHANGE)
    assert {key for _, _, key in rows_named(shop)} == {"{3}", "{6}"}
    ((written),) = shop.run("rollback", "--validate").section("Written since migrate")
    assert (written["table"], written["updated"]) == ("public.customers", 2)
    taken = shop.take_back("--discard-writes")
    assert taken.exit_code == 0, taken.document
    assert "hashed them in another way" in taken.document["headline"]
    assert taken.summary["source_identical"] is None
    assert taken.summary["tables_changed"] == 0
    assert state(shop.source) == before


def test_without_the_fence_they_are_not_compared_and_it_says_so(shop: Shop) -> None:
    shop.split("--no-fence")
    shop.succeed("verify")
    as_of_an_earlier_version(shop)
    refused = shop.run("verify")
    assert refused.exit_code == 3
    assert "an earlier version of migrator" in refused.error
    assert "rollback --validate" in refused.error
    outlook = shop.run("rollback", "--validate")
    assert outlook.exit_code == 1
    (why,) = (one for one in outlook.document["sections"] if one["title"] == "Why it cannot be told")
    assert "an earlier version of migrator" in why["text"]
    kept = shop.take_back()
    assert kept.exit_code == 3
    assert "--discard-writes" in kept.error
    assert shop.take_back("--discard-writes").exit_code == 0


@pytest.mark.exhaustive
def test_a_migrate_that_an_earlier_version_began_copies_again(shop: Shop) -> None:
    make_slow(shop)
    shop.plan()
    process = shop.start("migrate", "--without-backup")
    await_moment(shop, process, "finishing")
    shop.end(process, signal.SIGKILL)
    as_of_an_earlier_version(shop)
    answer = shop.succeed("migrate", "--without-backup")
    assert "hashed rows in another way" in answer.stderr
    shop.succeed("verify")
    assert shop.succeed("rollback", "--validate").summary["databases_written_since_migrate"] == 0
    assert shop.take_back().summary["source_identical"] is True


def test_a_tenant_is_not_made_again_beside_those_of_an_earlier_version(shop: Shop) -> None:
    shop.split()
    assert shop.take_back("--tenant", "1").exit_code == 0
    as_of_an_earlier_version(shop)
    before = {name: shop.value(name, "SELECT oid FROM pg_database WHERE datname = current_database()")
              for name in shop.databases()}  # fmt: skip
    refused = shop.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert "an earlier version of migrator" in refused.error
    assert refused.error.endswith("rollback.")
    assert before == {name: shop.value(name, "SELECT oid FROM pg_database WHERE datname = current_database()")
                      for name in shop.databases()}  # fmt: skip
    assert shop.take_back().exit_code == 0
