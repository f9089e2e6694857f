"""Ticks over tables of every kind: global rows, replicas, renamed and generated columns, and those without a key."""

from __future__ import annotations

from tests.postgres.sync.followed import Follower

NEWS = (
    "CREATE TABLE news (id bigint PRIMARY KEY, tenant_id integer REFERENCES tenants, body text);"
    "INSERT INTO news VALUES (1, NULL, 'all'), (2, 1, 'one'), (3, 2, 'two');"
)


def test_scenario_43_a_row_of_everybody_changes_everywhere(follow: Follower) -> None:
    followed = follow(NEWS, {"news": {"target": "tenant", "key": "tenant_id", "unowned": "replicate"}})
    followed.write("UPDATE news SET body = 'changed' WHERE id = 1", "INSERT INTO news VALUES (4, NULL, 'new')")
    followed.tick()
    assert all(len(followed.rows(tenant, "SELECT FROM news WHERE id IN (1, 4)")) == 2 for tenant in "12")
    followed.write("UPDATE news SET tenant_id = 1 WHERE id = 4", "UPDATE news SET tenant_id = NULL WHERE id = 3")
    followed.tick()
    assert followed.rows("2", "SELECT id FROM news ORDER BY 1") == [(1,), (3,)]
    assert followed.rows("1", "SELECT id FROM news ORDER BY 1") == [(1,), (2,), (3,), (4,)]


def test_rows_of_nobody_go_to_shared_and_come_from_there(follow: Follower) -> None:
    placed = {"news": {"target": "tenant", "key": "tenant_id", "unowned": "shared"}}
    followed = follow(NEWS, placed, target="shared")
    assert followed.rows("shared", "SELECT id FROM news") == [(1,)]
    followed.write("UPDATE news SET tenant_id = 2 WHERE id = 1", "UPDATE news SET tenant_id = NULL WHERE id = 3")
    followed.tick()
    assert followed.rows("shared", "SELECT id FROM news") == [(3,)]


def test_a_database_of_all_rows_and_a_replica_of_them(follow: Follower) -> None:
    ddl = "CREATE TABLE units (code text PRIMARY KEY, label text); INSERT INTO units VALUES ('kg', 'Kilo');"
    placed = {"units": {"target": "shared", "replicate": ["tenant"]}}
    for target in ("shared", "tenant"):
        followed = follow(ddl, placed, target=target)
        followed.write("INSERT INTO units VALUES ('m', NULL)", "UPDATE units SET code = 'g' WHERE code = 'kg'")
        followed.tick()


def test_renamed_and_generated_columns_and_identities(follow: Follower) -> None:
    followed = follow(
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id integer NOT NULL "
        "REFERENCES tenants, amount numeric, gross numeric GENERATED ALWAYS AS (amount * 2) STORED, "
        "number bigint, dropped text);"
        "CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE);"
        "INSERT INTO orders (tenant_id, amount, number) VALUES (1, 5, 1), (1, 6, 2); INSERT INTO lines VALUES (1, 1);",
        {"orders": {"target": "tenant", "as": "sales", "columns": {"id": "nr", "amount": "net", "dropped": ""}}},
        target_ddl="CREATE TABLE sales (number bigint GENERATED ALWAYS AS IDENTITY, tenant_id integer, net numeric, "
        "nr bigint PRIMARY KEY, gross numeric GENERATED ALWAYS AS (net * 2) STORED);"
        "CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES sales ON DELETE CASCADE);",
    )
    followed.write(
        "UPDATE orders SET amount = 7, dropped = 'x' WHERE id = 1",
        "INSERT INTO orders (tenant_id, number) VALUES (1, 3)",
    )
    assert not followed.tick().replaced
    followed.write("UPDATE orders SET number = 9 WHERE id = 1")
    assert followed.tick().replaced == ["1"]  # no UPDATE may set such an identity
    assert followed.rows("1", "SELECT number, net, gross FROM sales WHERE nr = 1") == [(9, 7, 14)]
    assert len(followed.rows("1", "SELECT FROM lines")) == 1


def test_a_table_without_a_key_is_rewritten(follow: Follower) -> None:
    followed = follow(
        "CREATE TABLE visits (tenant_id integer NOT NULL REFERENCES tenants, at date, body text);"
        "INSERT INTO visits VALUES (1, '2026-01-01', 'a'), (1, '2026-01-01', 'a'), (2, NULL, 'b');"
    )
    followed.write("INSERT INTO visits VALUES (1, NULL, E'\\\\N')", "DELETE FROM visits WHERE tenant_id = 2")
    followed.tick()
    assert len(followed.rows("1", "SELECT FROM visits")) == 3


def test_a_key_that_is_checked_at_the_end_of_a_transaction(follow: Follower) -> None:
    followed = follow(
        "CREATE TABLE steps "
        "(id integer PRIMARY KEY DEFERRABLE, tenant_id integer NOT NULL REFERENCES tenants, body text);"
        "INSERT INTO steps SELECT n, 1, 'step ' || n FROM generate_series(1, 5) n;"
    )
    followed.write("SET CONSTRAINTS ALL DEFERRED", "UPDATE steps SET id = id + 1")
    assert not followed.tick().replaced
    assert followed.rows("1", "SELECT min(id), max(id) FROM steps") == [(2, 6)]


def test_two_tables_that_are_one_in_the_target(follow: Follower) -> None:
    table = "CREATE TABLE {} (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, body text);"
    rows = "INSERT INTO mails VALUES (1, 1, 'mail'), (2, 2, 'mail'); INSERT INTO letters VALUES (11, 1, 'letter');"
    followed = follow(
        table.format("mails") + table.format("letters") + rows,
        {"mails": {"target": "tenant", "as": "messages"}, "letters": {"target": "tenant", "as": "messages"}},
        target_ddl=table.format("messages"),
        proved=False,  # a digest of the one table is of neither of the two
    )
    followed.write("DELETE FROM mails WHERE id = 1", "INSERT INTO letters VALUES (1, 1, 'it was a mail')")
    followed.tick()
    assert followed.rows("1", "SELECT id, body FROM messages ORDER BY id") == [(1, "it was a mail"), (11, "letter")]
    followed.write("TRUNCATE mails", "INSERT INTO mails VALUES (5, 2, 'mail')")
    followed.tick()
    assert followed.rows("2", "SELECT id FROM messages") == [(5,)]


def test_a_table_that_a_query_makes_is_rewritten_when_anything_changes(follow: Follower) -> None:
    followed = follow(
        "CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, amount integer);"
        "INSERT INTO orders VALUES (1, 1, 5), (2, 1, 6), (3, 2, 7);",
        {
            "totals": {
                "target": "tenant",
                "query": "SELECT tenant_id, sum(amount) AS total FROM orders GROUP BY 1",
                "key": "tenant_id",
            }
        },
        target_ddl="CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id integer, amount integer);"
        "CREATE TABLE totals (tenant_id integer PRIMARY KEY, total bigint);",
    )
    followed.write("INSERT INTO orders VALUES (4, 1, 100)")
    followed.tick()
    assert followed.rows("1", "SELECT total FROM totals") == [(111,)]
