"""Targets that share a database: trees that meet, policies for its tenants, roles that only read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator import revisions
from migrator.postgres.session.connect import Endpoint, revision_connect
from tests.project import Project
from tests.servers import DatabaseFactory

SOURCE = """
CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, tenant_id int REFERENCES tenants, last_order int, name text NOT NULL);
CREATE TABLE units (code text PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, unit text REFERENCES units);
CREATE TABLE order_lines (order_id int NOT NULL REFERENCES orders, no int, text text, PRIMARY KEY (order_id, no));
ALTER TABLE users ADD CONSTRAINT users_last_order_fkey FOREIGN KEY (last_order) REFERENCES orders;
INSERT INTO tenants VALUES (1, 'North'), (2, 'South');
INSERT INTO users VALUES (10, 1, NULL, 'Ann'), (20, 2, NULL, 'Bob'), (99, NULL, NULL, 'robot');
INSERT INTO units VALUES ('kg'), ('m');
INSERT INTO orders VALUES (100, 10, 'kg'), (101, 10, 'm'), (200, 20, 'kg');
INSERT INTO order_lines SELECT id, n, 'line ' || n FROM orders, generate_series(1, 3) n;
UPDATE users SET last_order = 101 WHERE id = 10;
"""

# Two trees as people write them: tables first, unqualified; then the keys, to each other's tables as well.
TREES = {
    "people": (
        """
        CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL);
        CREATE TABLE users (id int PRIMARY KEY, tenant_id int REFERENCES tenants, last_order int, name text NOT NULL);
        """,
        "ALTER TABLE users ADD CONSTRAINT users_last_order_fkey FOREIGN KEY (last_order) REFERENCES sales.orders",
    ),
    "sales": (
        """
        CREATE TABLE units (code text PRIMARY KEY);
        CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL, unit text REFERENCES units);
        CREATE TABLE lines (order_id int NOT NULL REFERENCES orders, no int, text text, PRIMARY KEY (order_id, no));
        """,
        "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES people.users",
    ),
}

CONFIGURATION = """
[tenants]
root = "tenants"
name = "name"

[targets.people]
database = "{{prefix}}_erp"
schema = "people"
migrations = "people"
{people}
[targets.sales]
database = "{{prefix}}_erp"
schema = "sales"
migrations = "sales"
{sales}
[tables]
tenants = {{ target = "people" }}
users = {{ target = "people", unowned = "replicate" }}
units = {{ target = "sales" }}
orders = {{ target = "sales" }}
order_lines = {{ target = "sales", as = "lines" }}
{more}
"""

REVISION = """from alembic import op
revision = "{revision}"
down_revision = {down}

def upgrade():
    op.execute('''{script}''')
"""

SECURED = "row_level_security = true"


@pytest.fixture
def url(database_factory: DatabaseFactory, prefix: str) -> str:
    found = database_factory(prefix)
    with psycopg.connect(found) as connection:
        connection.execute(SOURCE)
    return found


def project(url: str, prefix: str, directory: Path, *, people: str = "", sales: str = "", more: str = "") -> Project:
    """The split of SOURCE into two schemas of one database."""
    made = Project.make(
        directory, url, prefix, CONFIGURATION.format(people=people, sales=sales, more=more.replace("PREFIX", prefix))
    )
    for name, scripts in TREES.items():
        write_tree(directory / name, *scripts)
    return made


def write_tree(tree: Path, *scripts: str) -> None:
    """An Alembic tree with one revision for each script."""
    versions = tree / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (tree / "env.py").write_text("from migrator.revisions import run_environment\nrun_environment(None)\n")
    for number, script in enumerate(scripts, 1):
        down = f'"{number - 1}"' if number > 1 else "None"
        (versions / f"{number}.py").write_text(REVISION.format(revision=number, down=down, script=script))


def split(made: Project) -> str:
    """dry-run, migrate and verify; returns the run."""
    made.succeed("dry-run")
    made.succeed("migrate", "--without-backup")
    return str(made.succeed("verify").document["run_id"])


def foreign_keys(made: Project) -> set[tuple[str, str]]:
    return set(
        made.fetch(
            "erp", "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        )
    )


def test_keys_between_schemas_stay_declared_whichever_way_they_lead(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path)
    placed = made.succeed("placements").document
    assert placed["severed"] == []
    where = {one["table"]: (one["target"], one["destination"]) for one in placed["placements"]}
    assert where["order_lines"] == ("sales", {"schema": "sales", "table": "lines"})
    run = split(made)
    assert foreign_keys(made) == {
        ("people.users", "people.tenants"),
        ("people.users", "sales.orders"),
        ("sales.orders", "people.users"),
        ("sales.orders", "sales.units"),
        ("sales.lines", "sales.orders"),
    }
    for schema in TREES:
        assert made.fetch("erp", f"TABLE {schema}.alembic_version") == [("2",)]
    assert made.value("erp", "SELECT count(*) FROM sales.lines") == 9
    made.succeed("rollback", "--confirm", run)
    assert made.databases() == ["migrator"]


def test_a_rehearsal_keeps_them_in_one_database(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path)
    made.succeed("dry-run", "--rehearse")
    assert made.databases() == ["migrator"]


def test_what_applications_wrote_to_a_schema_is_carried_back(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path)
    run = split(made)
    made.execute("erp", "UPDATE sales.lines SET text = 'changed' WHERE (order_id, no) = (100, 1)")
    assert made.run("rollback", "--confirm", run).exit_code == 3
    made.succeed("rollback", "--confirm", run, "--replay-writes")
    assert made.value("", "SELECT text FROM order_lines WHERE (order_id, no) = (100, 1)") == "changed"


def test_a_row_that_is_changed_in_a_schema_is_found_by_verify(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path)
    split(made)
    made.execute("erp", "DELETE FROM sales.lines WHERE (order_id, no) = (200, 3)")
    answer = made.run("verify")
    assert answer.exit_code == 1
    (row,) = answer.document["rows"]
    assert (row["database"], row["table"], row["kind"]) == (f"{prefix}_erp", "public.order_lines", "missing")


def test_two_targets_cannot_have_one_schema(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path)
    made.replace('schema = "sales"', 'schema = "people"')
    answer = made.run("dry-run")
    assert answer.exit_code == 2
    assert "Two targets would have the same database: people, sales." in answer.error


def test_a_copy_within_the_database_is_refused(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path)
    made.replace('units = { target = "sales" }', 'units = { target = "sales", replicate = ["people"] }')
    answer = made.run("placements")
    assert answer.exit_code == 2
    assert "is in the database that the table is in" in answer.error


MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
name = sa.Column("name", sa.Text, nullable=False)
tenants = sa.Table("tenants", metadata, sa.Column("id", sa.Integer, primary_key=True), name)
"""
ENVIRONMENT = """
from migrator.revisions import metadata_beside, run_environment
run_environment(metadata_beside(__file__), schema="people")
"""


def test_autogenerate_looks_into_the_trees_own_schema(database_url: str, tmp_path: Path) -> None:
    write_tree(tmp_path, "CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL)")
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "env.py").write_text(ENVIRONMENT)
    connect = partial(revision_connect, Endpoint(database_url), "test")
    revisions.upgrade(tmp_path, connect, schema="people")
    assert revisions.current(connect, schema="people") == ("1",)
    assert revisions.current(connect) == ()
    assert revisions.differences(tmp_path, connect) == ()
    with connect() as connection:
        connection.execute("ALTER TABLE people.tenants ADD COLUMN added int; CREATE TABLE public.others ()")
    (difference,) = revisions.differences(tmp_path, connect)
    assert "added" in difference


def test_every_tenant_can_have_the_schemas(url: str, prefix: str, tmp_path: Path) -> None:
    each = "per_tenant = true"
    made = project(url, prefix, tmp_path, people=each, sales=each)
    made.toml.write_text(made.toml.read_text().replace("{prefix}_erp", "{prefix}_{slug}"))
    made.replace("[tables]", '[targets.shared]\ndatabase = "{prefix}_shared"\nmigrations = "shared"\n\n[tables]')
    made.replace('units = { target = "sales" }', 'units = { target = "shared", replicate = ["sales"] }')
    write_tree(tmp_path / "shared", "CREATE TABLE units (code text PRIMARY KEY)")
    split(made)
    for slug, users in (("1", ["Ann", "robot"]), ("2", ["Bob", "robot"])):
        assert made.fetch(slug, "SELECT name FROM people.users ORDER BY 1") == [(name,) for name in users]
        assert made.value(slug, "SELECT count(*) FROM sales.units") == 2
    assert made.value("1", "SELECT count(*) FROM sales.lines") == 6
    assert made.value("shared", "SELECT count(*) FROM public.units") == 2


# -- row level security ------------------------------------------------------------------------------------------------


def bound(made: Project, tenant: str, setting: str = "app.current_tenant") -> str:
    """The conninfo of a role that works for one tenant in the shared database; '' for one that is bound to none."""
    role = f"{made.prefix}_of_{tenant or 'nobody'}"
    names = {
        "role": sql.Identifier(role),
        "database": sql.Identifier(f"{made.prefix}_erp"),
        "tenant": sql.Literal(tenant),
    }
    statements = ["CREATE ROLE {role} LOGIN"]
    if tenant:
        statements.append(f"ALTER ROLE {{role}} IN DATABASE {{database}} SET {setting} = {{tenant}}")
    for schema in TREES:
        statements += [
            f"GRANT USAGE ON SCHEMA {schema} TO {{role}}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {{role}}",
        ]
    with psycopg.connect(made.url("erp"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(sql.SQL(statement).format(**names))
    return make_conninfo(made.url("erp"), user=role)


def values(conninfo: str, statement: str) -> list[Any]:
    with psycopg.connect(conninfo) as connection:
        return [value for (value,) in connection.execute(statement.encode())]


def test_two_roles_see_and_write_their_own_tenants_rows_alone(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path, people=SECURED, sales=SECURED)
    checks: Mapping[str, Any] = {one["check"]: one for one in made.succeed("dry-run").section("Readiness")}
    assert checks["row level security of people"]["result"] == "ok"
    assert "units" in checks["row level security of sales"]["what is true"]
    split(made)
    north, south, nobody = bound(made, "1"), bound(made, "2"), bound(made, "")
    for conninfo, users, orders in ((north, ["Ann", "robot"], [100, 101]), (south, ["Bob", "robot"], [200])):
        assert values(conninfo, "SELECT name FROM people.users ORDER BY 1") == users
        assert values(conninfo, "SELECT id FROM sales.orders ORDER BY 1") == orders
        assert values(conninfo, "SELECT count(*) FROM sales.lines") == [3 * len(orders)]
        assert values(conninfo, "SELECT count(*) FROM people.tenants") == [1]
        assert values(conninfo, "SELECT count(*) FROM sales.units") == [2]
    assert values(nobody, "SELECT name FROM people.users") == ["robot"]
    assert values(nobody, "SELECT count(*) FROM sales.lines") == [0]
    with psycopg.connect(north, autocommit=True) as connection:
        connection.execute("INSERT INTO sales.orders VALUES (102, 10, 'kg')")
        assert connection.execute("UPDATE sales.orders SET unit = 'm' WHERE id = 200").rowcount == 0
        assert connection.execute("DELETE FROM sales.lines WHERE order_id = 200").rowcount == 0
        for refused in (
            "INSERT INTO sales.orders VALUES (201, 20, 'kg')",
            "INSERT INTO sales.lines VALUES (200, 4, 'strange')",
            "UPDATE people.users SET tenant_id = 2 WHERE id = 10",
            "INSERT INTO people.users VALUES (11, NULL, NULL, 'of everyone')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                connection.execute(refused.encode())


def test_rows_that_no_tenant_will_see_are_told(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path, people=SECURED)
    made.replace('users = { target = "people", unowned = "replicate" }', 'users = { target = "people" }')
    checks = {one["check"]: one for one in made.succeed("dry-run").section("Readiness")}
    assert checks["row level security of users"]["result"] == "warning"
    assert "1 row has no tenant" in checks["row level security of users"]["what is true"]


def test_an_owner_is_bound_as_well_and_a_lost_policy_is_found(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path, people=SECURED, more="[tenants_setting]".replace("[tenants_setting]", ""))
    made.replace('name = "name"', 'name = "name"\nsetting = "erp.tenant"')
    split(made)
    south = bound(made, "2", "erp.tenant")
    role = sql.Identifier(f"{prefix}_of_2")
    with psycopg.connect(made.url("erp"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER TABLE people.users OWNER TO {}").format(role))
    assert values(south, "SELECT name FROM people.users ORDER BY 1") == ["Bob", "robot"]
    assert values(south, "SELECT count(*) FROM sales.orders") == [3]
    made.execute(
        "erp", "ALTER TABLE people.users OWNER TO CURRENT_USER; DROP POLICY tenant_isolation ON people.tenants"
    )
    answer = made.run("verify")
    assert answer.exit_code == 1
    assert ["policy", "missing"] in [
        [one["kind"], one["against the template"]] for one in answer.section("Schemas that differ")
    ]


def test_a_policy_of_the_applications_own_does_not_open_what_ours_closes(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path, people=SECURED)
    open_to_all = "ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY all_of_them ON users USING (true)"
    write_tree(tmp_path / "people", *TREES["people"], open_to_all)
    split(made)
    assert values(bound(made, "1"), "SELECT name FROM people.users ORDER BY 1") == ["Ann", "robot"]


def test_a_path_that_leaves_the_database_gives_no_policy(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path, sales=SECURED)
    made.replace('database = "{prefix}_erp"\nschema = "people"', 'database = "{prefix}_people"')
    made.replace(
        'orders = { target = "sales" }',
        'orders = { target = "sales", key_path = ["user_id -> users.id", "users.tenant_id"] }',
    )
    for name, scripts in TREES.items():
        write_tree(tmp_path / name, scripts[0], "SELECT")
    seen = made.run("dry-run")
    assert seen.exit_code == 1
    (check,) = (one for one in seen.section("Readiness") if one["check"] == "schema of sales")
    assert check["result"] == "BLOCKS"
    assert "its key path leads through users, which is not beside it" in check["what is true"]
    assert "key_path" in check["what to do"]
    refused = made.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert made.fetch("", f"SELECT 1 FROM pg_database WHERE datname = '{prefix}_people'") == []  # noqa: S608


# -- read-only roles ---------------------------------------------------------------------------------------------------


def roles(made: Project) -> set[str]:
    return {name for (name,) in made.fetch("", "SELECT rolname FROM pg_roles")}


AUDITOR = '[roles.PREFIX_auditor]\nread = ["sales"]'


def test_a_role_reads_one_schema_and_is_gone_after_rollback(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path, more=AUDITOR)
    run = split(made)
    role = sql.Identifier(f"{prefix}_auditor")
    with psycopg.connect(made.url("erp"), autocommit=True) as connection:
        connection.execute("CREATE TABLE sales.later (id int)")
        connection.execute(sql.SQL("SET ROLE {}").format(role))
        assert connection.execute("SELECT count(*) FROM sales.lines").fetchone() == (9,)
        connection.execute("SELECT FROM sales.later")
        for refused in ("SELECT FROM people.users", "DELETE FROM sales.lines", "CREATE TABLE sales.mine (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused.encode())
    assert made.journal("SELECT name, state FROM artefacts WHERE kind = 'role'") == [(f"{prefix}_auditor", "created")]
    answer = made.succeed("rollback", "--confirm", run)
    assert answer.summary["roles_dropped"] == 1
    assert f"{prefix}_auditor" not in roles(made)


def test_a_role_that_was_there_before_is_used_and_kept(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path, more=AUDITOR)
    made.execute("", f"CREATE ROLE {prefix}_auditor")
    run = split(made)
    with psycopg.connect(made.url("erp")) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"{prefix}_auditor")))
        assert connection.execute("SELECT count(*) FROM sales.lines").fetchone() == (9,)
    assert made.succeed("rollback", "--confirm", run).summary["roles_dropped"] == 0
    assert f"{prefix}_auditor" in roles(made)


def test_a_role_that_somebody_uses_elsewhere_stays_and_is_named(url: str, prefix: str, tmp_path: Path) -> None:
    made = project(url, prefix, tmp_path, more=AUDITOR)
    run = split(made)
    made.execute("migrator", f"CREATE SCHEMA elsewhere; GRANT USAGE ON SCHEMA elsewhere TO {prefix}_auditor")
    answer = made.succeed("rollback", "--confirm", run)
    assert answer.section("Roles that stay") == [{"role": f"{prefix}_auditor"}]
