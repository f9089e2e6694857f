"""[roles] per_tenant: each database has its own roles, and nobody is where they don't belong."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator.commands.shared import roles as shared_roles
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.servers import DatabaseFactory, PostgresServer, create_database

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory(prefix)
    load_shop(url, tenants=2, orders=12)
    return with_roles(make_shop(tmp_path / "shop", url, prefix))


def with_roles(shop: Shop) -> Shop:
    shop.replace("[limits]", "[roles]\nper_tenant = true\n\n[limits]")
    return shop


def as_role(shop: Shop, database: str, role: str) -> psycopg.Connection[Any]:
    return psycopg.connect(make_conninfo(shop.source, dbname=f"{shop.prefix}{database}", user=role))


def roles(shop: Shop) -> list[str]:
    with psycopg.connect(shop.source) as connection:
        found = connection.execute(
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s) ORDER BY 1", [f"{shop.prefix}_"]
        ).fetchall()
    return [name.removeprefix(f"{shop.prefix}_") for (name,) in found]


def can_log_in(shop: Shop) -> list[str]:
    found = shop.fetch("", "SELECT rolname FROM pg_roles WHERE rolcanlogin")
    return [name for (name,) in found if name.startswith(f"{shop.prefix}_")]


def passwords(shop: Shop) -> Mapping[str, str]:
    (file,) = shop.directory.glob("passwords.*.jsonl")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return {entry["role"]: entry["password"] for entry in map(json.loads, file.read_text().splitlines())}


def test_each_tenant_has_its_own_and_no_other(shop: Shop) -> None:
    before = roles(shop)
    shop.plan()
    shown = shop.succeed("dry-run", "--sql").document
    (warning,) = (check for check in shown["checks"] if check["name"] == "roles")
    statements = [one["sql"] for one in shown["statements"] if one["step"] == f"create:{shop.prefix}_tenant_1"]
    assert f'REVOKE ALL ON DATABASE "{shop.prefix}_tenant_1" FROM PUBLIC' in statements
    assert "REVOKE CONNECT ON DATABASE" in warning["remedy"]
    shop.split()
    shop.succeed("verify")
    app, other = f"{shop.prefix}_tenant_1_app", f"{shop.prefix}_tenant_2_app"
    with as_role(shop, "_tenant_1", app) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (4,)
        connection.execute("INSERT INTO notes VALUES (DEFAULT, 1, 'by the application')")
        connection.execute("DELETE FROM notes WHERE body = 'by the application'")
        for forbidden in (
            "CREATE TABLE mine (x integer)",
            "ALTER TABLE notes ADD mine integer",
            "SELECT * FROM migrator_receipts.receipts",
            "CREATE ROLE mine",
            "DROP TABLE notes",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(forbidden.encode())
    for database in ("_tenant_2", "_auth", "_shared", "_migrator", "_tenant_template", "_tenant_bare"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            as_role(shop, database, app)
    with as_role(shop, "_tenant_2", other) as connection:
        connection.execute("SELECT FROM customers")
    assert set(passwords(shop)) == {f"{shop.prefix}_{name}_app" for name in ("tenant_1", "tenant_2", "auth", "shared")}
    assert len(set(passwords(shop).values())) == 4

    # verify sees what was opened since.
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(f"{shop.prefix}_tenant_2"), sql.Identifier(app)
            )
        )
        connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(other)))
    opened = shop.run("verify")
    assert opened.exit_code == 1
    assert {row["what"] for row in opened.section("Databases that are not closed")} == {
        f"{app} may connect to it",
        f"the role {other} has CREATEDB",
    }

    # One tenant goes with its roles, the whole with all; nobody else's are touched.
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(f"{shop.prefix}_tenant_9_app")))
    taken = shop.run("rollback", "--tenant", "2", "--confirm", shop.run_id())
    assert taken.summary["roles_dropped"] == 2
    assert "tenant_1_app" in roles(shop)
    assert "tenant_2_app" not in roles(shop)
    first = passwords(shop)
    shop.succeed("migrate", "--without-backup")
    changed = {role for role, password in passwords(shop).items() if first[role] != password}
    assert changed == {other}
    assert other in can_log_in(shop)
    answer = shop.take_back()
    assert answer.exit_code == 0, answer.document
    assert roles(shop) == sorted([*before, "tenant_9_app"])


def test_passwords_are_handed_out_once_and_again_only_where_a_crash_left_them_open(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.plan()
    with monkeypatch.context() as patched:
        patched.setattr(shared_roles, "set_password", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert shop.run("migrate", "--without-backup").exit_code == 130
    first = passwords(shop)
    shop.succeed("migrate", "--without-backup")
    second = passwords(shop)
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())
    shop.succeed("migrate", "--without-backup")
    assert passwords(shop) == second
    # Stored nowhere else, and only as a verifier on the server.
    kept = [path for path in shop.directory.rglob("*") if path.is_file() and not path.name.startswith("passwords.")]
    journal = str(shop.journal("SELECT * FROM artefacts") + shop.journal("SELECT run_id, name, document FROM records"))
    for password in (*first.values(), *second.values()):
        assert password not in journal
        assert not [path for path in kept if password.encode() in path.read_bytes()]
    verifiers = dict(shop.fetch("", "SELECT rolname, rolpassword FROM pg_authid WHERE rolcanlogin"))
    assert all(verifiers[role].startswith("SCRAM-SHA-256$") for role in second)
    assert shop.take_back().exit_code == 0


def test_a_command_takes_them_or_nobody_has_one(shop: Shop) -> None:
    shop.replace("[roles]\n", '[roles]\nhand_out = ["sh", "-c", "cat >&2; exit 7"]\n')
    shop.plan()
    failed = shop.run("migrate", "--without-backup")
    assert failed.exit_code == 2
    assert "[roles] hand_out failed" in failed.error
    assert "********" in failed.error
    assert can_log_in(shop) == []
    shop.replace('"cat >&2; exit 7"', '"umask 77; cat > taken"')
    shop.succeed("migrate", "--without-backup")
    assert len(can_log_in(shop)) == 4
    assert len((shop.directory / "taken").read_text().splitlines()) == 4
    assert not list(shop.directory.glob("passwords.*"))


def test_a_foreign_role_is_in_the_way(shop: Shop) -> None:
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(f"{shop.prefix}_tenant_1_app")))
    blocked = shop.run("dry-run")
    assert blocked.exit_code == 1
    (check,) = (one for one in blocked.document["checks"] if one["name"].startswith("roles on server"))
    assert check["state"] == "block"
    assert f"{shop.prefix}_tenant_1_app" in check["detail"]


def test_without_a_superuser(server: PostgresServer, shop: Shop) -> None:
    dba = f"{shop.prefix}_dba"
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(dba)))
    ordinary = f"{shop.prefix}_ordinary"
    create_database(server.url(), ordinary)
    with psycopg.connect(server.url(ordinary), autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(ordinary), sql.Identifier(dba))
        )
    url = make_conninfo(server.url(ordinary), user=dba)
    load_shop(url, tenants=2, orders=4)
    own = with_roles(make_shop(shop.directory.parent / "ordinary", url, ordinary))
    blocked = own.run("dry-run")
    assert [check["remedy"] for check in blocked.document["checks"] if check["state"] == "block"] == [
        f"ALTER ROLE {dba} CREATEROLE;"
    ]
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} CREATEROLE").format(sql.Identifier(dba)))
    own.succeed("dry-run", "--rehearse")
    assert not list(own.directory.glob("passwords.*"))
    own.succeed("migrate", "--without-backup")
    own.succeed("verify")
    application = as_role(own, "_tenant_1", f"{ordinary}_tenant_1_app")
    application.execute("SELECT FROM notes")
    assert own.take_back().exit_code == 0  # an application that is connected does not keep its database
    application.close()
    assert roles(own) == []
