"""The whole pipeline as a role that is nobody in particular: what docs/privileges.md grants is enough, and no less."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Managed:
    """A shop whose owner is not a superuser, and the superuser's URL that only the test uses."""

    shop: Shop
    superuser: str
    owner: str
    role: str

    def as_superuser(self, statement: str) -> None:
        """Executes one statement, its names in braces filled in."""
        prefix = self.shop.prefix
        names = {
            "owner": self.owner,
            "role": self.role,
            "database": prefix,
            "control": f"{prefix}_migrator",
            "application": f"{prefix}_application",
        }
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            connection.execute(
                sql.SQL(statement).format(**{name: sql.Identifier(str(value)) for name, value in names.items()})
            )


@pytest.fixture
def managed(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Managed:
    """The shop, owned by a role that nobody logs in as, migrated by another with what docs/privileges.md says."""
    url = database_factory(prefix)
    owner, role = f"{prefix}_owner", f"{prefix}_migrator"
    load_shop(url)
    shop = make_shop(tmp_path / "shop", make_conninfo(url, user=role), prefix)
    managed = Managed(shop, url, owner, role)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "CREATE ROLE {owner} NOLOGIN",
            "CREATE ROLE {role} LOGIN CREATEDB",
            "GRANT {owner} TO {role}",
            "ALTER DATABASE {database} OWNER TO {owner}",
            "ALTER SCHEMA public OWNER TO {owner}",
        ):
            managed.as_superuser(statement)
        for kind, name in connection.execute(
            "SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass::text FROM pg_class c "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') AND NOT EXISTS "
            "(SELECT FROM pg_depend WHERE objid = c.oid AND deptype IN ('a', 'i') AND relkind = 'S')"
        ).fetchall():
            connection.execute(
                sql.SQL("ALTER {} {} OWNER TO {}").format(sql.SQL(kind), sql.SQL(name), sql.Identifier(owner))
            )
        connection.execute(sql.SQL("ALTER FUNCTION note_order() OWNER TO {}").format(sql.Identifier(owner)))
    return managed


def test_the_whole_pipeline_without_a_superuser(managed: Managed) -> None:
    shop = managed.shop
    shop.toml.write_text(
        shop.toml.read_text().replace(
            "[limits]", '[clean.drop_notes]\ntable = "notes"\nwhere = "body = \'Note 1\'"\n\n[limits]'
        )
    )
    before = state(managed.superuser)
    with psycopg.connect(shop.source) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchall() == [(False,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET session_replication_role = replica")
    assert shop.succeed("backup", "--verify").summary["verified"] == "yes"
    assert shop.run("audit").exit_code in (0, 1)
    assert shop.succeed("clean", "--execute").summary["rows"] == 1
    shop.succeed("backup")
    shop.succeed("dry-run", "--rehearse")
    shop.succeed("migrate")
    shop.succeed("verify")
    shop.succeed("status")
    shop.succeed("lock")
    with psycopg.connect(shop.url("tenant_1")) as connection:
        connection.execute("INSERT INTO notes VALUES (1000, 1, 'written after the split')")
    answer = shop.take_back("--replay-writes", "--restore-quarantine")
    assert answer.exit_code == 0, answer.document
    after = state(managed.superuser)
    assert after.rows == {**before.rows, "notes": before.rows["notes"] + 1}
    assert after.objects == before.objects
    assert after.triggers == before.triggers


def test_dry_run_names_each_grant_and_they_are_enough(managed: Managed) -> None:
    for statement in (
        "REVOKE {owner} FROM {role}",
        "ALTER ROLE {role} NOCREATEDB",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
        "GRANT SELECT ON TABLE notes TO {role}",
        # The journal comes first of all, so whoever may not make databases is given this one.
        "CREATE DATABASE {control} OWNER {role}",
    ):
        managed.as_superuser(statement)
    refused = managed.shop.run("backup")
    assert refused.exit_code == 3
    assert "GRANT SELECT ON ALL TABLES IN SCHEMA public TO" in refused.error
    told: set[str] = set()
    for again in (False, True, True):  # what cannot be looked at yet is told the next time
        answer = managed.shop.run("dry-run")
        assert answer.exit_code == 1 or again, answer.document
        told |= (
            granted := {
                f"{statement};"
                for check in answer.document["checks"]
                if check["state"] == "block" or check["name"] == "rollback --restore-backup"
                for statement in filter(None, check["remedy"].removesuffix(";").split("; "))
            }
        )
        for statement in granted:
            managed.as_superuser(statement)
    assert answer.exit_code == 0, answer.document
    assert {one.split()[0] for one in told} == {"GRANT", "ALTER"}
    assert f"ALTER ROLE {managed.role} CREATEDB;" in told
    assert f"ALTER ROLE {managed.role} BYPASSRLS;" in told
    assert f"GRANT {managed.owner} TO {managed.role};" in told
    managed.shop.succeed("backup")


def test_a_lock_of_another_role_is_told_although_what_it_does_is_hidden(managed: Managed) -> None:
    managed.shop.plan()
    with psycopg.connect(managed.superuser) as other:
        other.execute("LOCK TABLE notes IN ROW EXCLUSIVE MODE")
        answer = managed.shop.run("migrate", "--without-backup")
    assert answer.exit_code == 5
    assert "what it does is hidden" in answer.error


def test_a_damaged_source_comes_back_without_a_superuser(managed: Managed) -> None:
    shop = managed.shop
    managed.as_superuser("CREATE ROLE {application} LOGIN")
    managed.as_superuser("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {application}")
    before = state(managed.superuser)
    shop.succeed("backup")
    shop.split()
    with psycopg.connect(shop.source, autocommit=True) as connection:
        connection.execute("DROP SCHEMA migrator_fence CASCADE")
        connection.execute("DELETE FROM order_lines WHERE order_id = 1")
    assert shop.take_back().exit_code == 1
    # Its users are connected, and would have to be disconnected.
    application = psycopg.connect(make_conninfo(shop.source, user=f"{shop.prefix}_application"), autocommit=True)
    application.execute("SELECT count(*) FROM notes")
    refused = shop.take_back("--restore-backup")
    assert refused.exit_code == 3
    assert f"GRANT pg_signal_backend TO {managed.role};" in refused.error
    managed.as_superuser("GRANT pg_signal_backend TO {role}")
    restored = shop.take_back("--restore-backup")
    assert restored.exit_code == 0, restored.document
    with pytest.raises(psycopg.OperationalError):
        application.execute("SELECT")
    application.close()
    after = state(managed.superuser)
    assert after.digests == before.digests
    assert after.objects == before.objects
