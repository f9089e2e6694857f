"""init for other layouts: what it writes splits the database as it stands, unedited, and loses no object."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import psycopg
import pytest

from migrator.postgres.schema.catalog import read_objects
from migrator.postgres.session.connect import Endpoint, session
from tests.project import Project
from tests.servers import DatabaseFactory

SOURCE = """
CREATE EXTENSION IF NOT EXISTS plpgsql;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN amount AS numeric(12, 2) CHECK (VALUE >= 0);
CREATE SEQUENCE numbers;
CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood, favourite int, name text UNIQUE);
CREATE TABLE sessions (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, mood mood);
CREATE TABLE orders (id int PRIMARY KEY DEFAULT nextval('numbers'), user_id int REFERENCES users, paid amount);
CREATE TABLE order_items (order_id int REFERENCES orders, no int, price amount, PRIMARY KEY (order_id, no));
CREATE TABLE order_events (order_id int NOT NULL REFERENCES orders, at date NOT NULL, PRIMARY KEY (order_id, at))
    PARTITION BY RANGE (at);
CREATE TABLE order_events_2024 PARTITION OF order_events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
ALTER TABLE users ADD CONSTRAINT users_favourite_fkey FOREIGN KEY (favourite) REFERENCES orders;
CREATE INDEX orders_paid ON orders (paid) WHERE paid > 0;
CREATE VIEW spent AS SELECT u.name, sum(o.paid) AS paid FROM users u JOIN orders o ON o.user_id = u.id GROUP BY 1;
CREATE MATERIALIZED VIEW items AS SELECT order_id, count(*) AS items FROM order_items GROUP BY 1;
CREATE UNIQUE INDEX ON items (order_id);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.mood := 'good'; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION orders_of(int) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM orders WHERE user_id = $1 $$;
GRANT SELECT ON users TO PUBLIC;
COMMENT ON VIEW spent IS 'by user';
INSERT INTO users (mood, name) SELECT 'good', 'user ' || n FROM generate_series(1, 5) n;
INSERT INTO sessions (user_id) SELECT id FROM users;
INSERT INTO orders (user_id, paid) SELECT id, id * 10 FROM users, generate_series(1, 2);
INSERT INTO order_items SELECT id, n, 5 FROM orders, generate_series(1, 3) n;
INSERT INTO order_events SELECT id, '2024-05-01' FROM orders;
UPDATE users SET favourite = 1 WHERE id = 1;
REFRESH MATERIALIZED VIEW items;
"""


@pytest.fixture
def source(database_factory: DatabaseFactory, prefix: str) -> str:
    url = database_factory(prefix)
    with psycopg.connect(url) as connection:
        connection.execute(SOURCE)
    return url


def written(url: str, prefix: str, directory: Path, *options: str) -> tuple[Project, list[str]]:
    """The project that init wrote, and its warnings."""
    made = Project(directory, url, prefix)
    answer = made.succeed("init", "--source", url, "--into", str(directory), *options)
    assert answer.document["undecided"] == []
    return made, list(answer.document["warnings"])


def split(made: Project) -> str:
    made.succeed("dry-run")
    made.succeed("migrate", "--without-backup")
    return str(made.succeed("verify").document["run_id"])


def kinds(url: str) -> Counter[str]:
    """How many objects of each kind there are, Alembic's own and schemas with their owners and privileges apart."""
    with session(Endpoint(url), purpose="test") as connection:
        found = read_objects(connection)
    apart = ("schema", "owner", "privilege")
    return Counter(kind for kind, name in found if kind not in apart and "alembic_version" not in name)


def test_domains_hold_every_object_of_the_source(source: str, prefix: str, tmp_path: Path) -> None:
    made, warnings = written(source, prefix, tmp_path, "--layout", "domains")
    run = split(made)
    places = made.fetch(
        "domains",
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname IN ('orders', 'users') AND relname <> 'alembic_version'",
    )
    assert sorted(places) == [
        ("orders", "items"),
        ("orders", "order_events"),
        ("orders", "order_events_2024"),
        ("orders", "order_items"),
        ("orders", "orders"),
        ("users", "sessions"),
        ("users", "spent"),
        ("users", "users"),
    ]
    assert kinds(made.url("domains")) == kinds(source)
    assert made.value("domains", "SELECT sum(items) FROM orders.items") == 30
    assert made.value("domains", "SELECT paid FROM users.spent WHERE name = 'user 1'") == 20
    # A function's text says the old names: told, because nothing can be done about it.
    assert [one for one in warnings if "orders_of" in one and "orders.orders" in one]
    made.execute(
        "domains", "INSERT INTO users.sessions (user_id) VALUES (1); INSERT INTO orders.orders VALUES (DEFAULT)"
    )
    assert made.value("domains", "SELECT max(id) FROM orders.orders") == 11
    made.succeed("rollback", "--confirm", run, "--discard-writes")


def test_services_are_databases_as_the_groups_say(source: str, prefix: str, tmp_path: Path) -> None:
    groups = tmp_path / "groups.toml"
    groups.write_text('people = ["users", "sessions"]\nshop = ["order*"]\n')
    directory = tmp_path / "split"
    made, _ = written(source, prefix, directory, "--layout", "services", "--groups", str(groups))
    assert (directory / "migrations" / "left_out.sql").read_text().count("FOREIGN KEY") == 2
    split(made)
    assert made.value("people", "SELECT count(*) FROM users") == 5
    assert made.value("shop", "SELECT count(*) FROM order_items") == 30


def test_trees_give_tables_the_names_that_an_edited_file_says(source: str, prefix: str, tmp_path: Path) -> None:
    made, _ = written(source, prefix, tmp_path, "--layout", "domains", "--no-owner")
    written_sql = "".join(path.read_text() for path in tmp_path.rglob("*.sql"))
    assert "OWNER TO" not in written_sql
    assert "GRANT SELECT ON TABLE public.users TO PUBLIC" in written_sql.replace('"', "")
    made.replace("[tables.orders]", '[tables.orders]\nas = "purchases"\ncolumns = { paid = "total" }')
    made.succeed("init", "--trees")
    split(made)
    assert made.value("domains", "SELECT sum(total) FROM orders.purchases") == 300
    edited = tmp_path / "migrations" / "orders" / "versions" / "0002_names" / "001_names.sql"
    edited.write_text(edited.read_text() + "-- mine\n")
    answer = made.run("init", "--trees")
    assert answer.exit_code == 3
    assert "0002_names" in answer.error


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--layout", "domains", "--tenant-root", "users"), "has no tenant root"),
        (("--groups", "groups.toml"), "--groups is for"),
        (("--trees", "--layout", "services"), "from migrator.toml"),
        (("--layout", "services", "--groups", "wrong.toml"), "no list of tables"),
        (("--layout", "services", "--groups", "names.toml"), "cannot name a database"),
        (("--layout", "services", "--groups", "nothing.toml"), "no table of the source is called so"),
    ],
)
def test_what_does_not_go_together_is_refused(
    options: tuple[str, ...], told: str, source: str, prefix: str, tmp_path: Path
) -> None:
    for name, text in {
        "groups": 'a = ["users"]',
        "wrong": 'a = "users"',
        "names": '"A b" = ["users"]',
        "nothing": 'a = ["user"]',
    }.items():
        (tmp_path / f"{name}.toml").write_text(text)
    made = Project(tmp_path, source, prefix)
    where = ("--source", source, "--into", str(tmp_path))
    named = [str(tmp_path / one) if one.endswith(".toml") else one for one in options]
    answer = made.run("init", *where, *named)
    assert answer.exit_code == 2
    assert told in answer.error
    assert not (tmp_path / "migrations").exists()
