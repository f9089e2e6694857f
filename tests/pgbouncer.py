"""PgBouncer before the tests' server, where it is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from migrator.postgres.programs.account import server_account
from tests.project import awaited
from tests.servers import PostgresServer


@contextmanager
def pgbouncer(server: PostgresServer, directory: Path, databases: str, mode: str) -> Iterator[dict[str, str]]:
    """Runs it with that [databases] section; yields libpq's parameters for its own port, without a database.

    `directory` is one that the server's account may read. Skips the test where PgBouncer is not installed.
    """
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    account = server_account()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user = conninfo_to_dict(server.url()).get("user")
    users = directory / "users.txt"
    users.write_text(f'"{user}" ""\n')
    users.chmod(0o644)
    configuration = directory / f"{mode}.ini"
    configuration.write_text(
        f"{databases}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {users}\npool_mode = {mode}\n"
        "ignore_startup_parameters = options,extra_float_digits\ndefault_pool_size = 20\nserver_idle_timeout = 1\n"
    )
    configuration.chmod(0o644)
    process = subprocess.Popen(
        [program, configuration], cwd="/", stderr=subprocess.DEVNULL, **(account.credentials() if account else {})
    )
    parameters = {"host": "127.0.0.1", "port": str(port), "user": str(user)}

    def answers() -> bool:
        try:
            # Its own console is there whatever databases it has.
            psycopg.connect(make_conninfo("", **parameters, dbname="pgbouncer"), autocommit=True).close()
        except psycopg.OperationalError as error:
            return "refused" not in str(error)
        return True

    try:
        awaited(answers)
        yield parameters
    finally:
        process.terminate()
        process.wait()


def behind(server: PostgresServer) -> str:
    """The [databases] section that passes every database of the server on by its own name."""
    parameters = {key: str(value) for key, value in conninfo_to_dict(server.url()).items()}
    told = " ".join(f"{key}={parameters[key]}" for key in ("host", "port", "user") if key in parameters)
    return f"[databases]\n* = {told}\n"
