"""Passwords are nowhere but where the operator put them, and TLS settings hold for everything that connects."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from migrator.postgres.programs.local_server import temporary_server
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.project import Answer

BIN = "/usr/lib/postgresql/15/bin"

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path(BIN).exists(), reason="no PostgreSQL with TLS"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl"),
]

# What shells, URLs, conninfo strings and SQL would each stumble over.
PASSWORD = "pä ss:w/o@rd%'\"\\$;--" + secrets.token_hex(8)
WRONG = "wrong'" + secrets.token_hex(8)


@dataclass(frozen=True)
class Guarded:
    """A shop on a server that takes nothing but TLS and a password."""

    shop: Shop
    port: int
    authority: Path

    def url(self, password: str = PASSWORD, host: str = "localhost", **changes: str) -> str:
        """The source's URL."""
        parameters = {"sslmode": "verify-full", "sslrootcert": str(self.authority), **changes}
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
        return f"postgresql://dba:{quote(password, safe='')}@{host}:{self.port}/{self.shop.prefix}?{query}"


def certify(directory: Path) -> Path:
    """A certificate authority, and a server's certificate for localhost; returns the authority's."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority", "-days", "2")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-out", "server.crt",
    )  # fmt: skip
    return directory / "ca.crt"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    directory = tmp_path_factory.mktemp("tls")
    authority = certify(directory)
    with temporary_server(bin_dir=Path(BIN), settings={"fsync": "off"}) as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE dba LOGIN CREATEDB")
            connection.execute(sql.SQL("ALTER ROLE dba PASSWORD {}").format(sql.Literal(PASSWORD)))
            connection.execute("CREATE DATABASE guarded OWNER dba")
        load_shop(server.url("guarded").replace("postgres@", "dba@"), tenants=2, orders=10)
        owner = server.data_dir.stat()
        for name in ("server.key", "server.crt"):
            shutil.copy(directory / name, server.data_dir / name)
            (server.data_dir / name).chmod(0o600)
            os.chown(server.data_dir / name, owner.st_uid, owner.st_gid)
        (server.data_dir / "pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")
        port = free_port()
        server.stop()
        # A server of ours listens on its socket only, where there is no TLS.
        server._pg_ctl("start", "-l", str(server.log), "-o", f"-c listen_addresses=localhost -c ssl=on -p {port} -k ''")
        shop = make_shop(directory / "shop", "", "guarded")
        (shop.directory / ".env").unlink()
        yield Guarded(shop, port, authority)


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def command_lines() -> Iterator[set[str]]:
    """Collects what any user could see of processes for the duration of the block."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for process in Path("/proc").iterdir():
                if process.name.isdecimal():
                    with suppress(OSError):
                        seen.add((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def spellings(password: str) -> list[str]:
    """How a password may be written: as it is, for URLs, in JSON, in SQL and conninfo strings."""
    quoted = password.replace("\\", "\\\\").replace("'", "\\'")
    return [password, quote(password, safe=""), quote(password), json.dumps(password)[1:-1], quoted, password[-16:]]


def leaks(text: str, *passwords: str) -> list[str]:
    return [spelling for password in passwords for spelling in spellings(password) if spelling in text]


def test_no_password_is_anywhere_and_every_connection_is_verified(guarded: Guarded) -> None:
    shop, told = guarded.shop, []

    def run(*arguments: str, url: str = "") -> Answer:
        # The control database has the same password, given once.
        answer = shop.run(*arguments, environment={"MIGRATOR_SOURCE_URL": url or guarded.url()})
        told.append(json.dumps(answer.document, ensure_ascii=False) + answer.stderr)
        return answer

    def succeed(*arguments: str) -> None:
        answer = run(*arguments)
        assert answer.exit_code == 0, answer.document

    with command_lines() as seen:
        succeed("backup", "--verify")
        run("audit")
        succeed("dry-run", "--sql")
        succeed("migrate", "--verbose")
        succeed("verify")
        succeed("status")
        succeed("lock")
        # Errors quote what they were given.
        for number, url in enumerate((
            guarded.url(WRONG),
            guarded.url(host="127.0.0.1"),  # which the certificate is not for
            guarded.url(sslrootcert=str(guarded.authority.with_name("server.csr"))),
            guarded.url(sslmode="disable"),
            guarded.url().replace(str(guarded.port), str(free_port())),
            guarded.url().replace(str(guarded.port), "no-port"),
            f"host=localhost port={guarded.port} dbname=guarded password='{WRONG}",
            f"host=localhost nonsense={WRONG}",
        )):  # fmt: skip
            assert run("status", url=url).exit_code in (2, 5), number
            assert run("backup", url=url).exit_code in (2, 5), number
        with mock.patch("migrator.commands.status.command.status", side_effect=RuntimeError(guarded.url())):
            assert run("status", "--verbose").exit_code == 70
        broken = {"environment": {"MIGRATOR_SOURCE_URL": guarded.url(), "MIGRATOR_PROGRAMS": str(shop.directory)}}
        told.append(json.dumps(shop.run("rollback", "--confirm", shop_run(guarded), **broken).document))
        run_id = shop_run(guarded)
        succeed("rollback", "--confirm", run_id, "--report", str(shop.directory / "report.html"))
    assert any("pg_dump" in line for line in seen)
    assert any("sslmode=verify-full" in line for line in seen if "pg_dump" in line)
    for line in seen:
        assert not leaks(line, PASSWORD, WRONG), "a command line"
    for text in told:
        assert not leaks(text, PASSWORD, WRONG), text
    for path in shop.directory.rglob("*"):
        if path.is_file():
            assert not leaks(path.read_bytes().decode(errors="replace"), PASSWORD, WRONG), path
    control = subprocess.run(
        [f"{BIN}/pg_dump", "--inserts", guarded.url().replace("/guarded?", "/guarded_migrator?")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "INSERT INTO migrator.artefacts" in control
    assert not leaks(control, PASSWORD, WRONG)


def shop_run(guarded: Guarded) -> str:
    return str(guarded.shop.run("status", environment={"MIGRATOR_SOURCE_URL": guarded.url()}).document["run_id"])


def test_whatever_is_written_is_for_its_owner_only(guarded: Guarded) -> None:
    """After the test above: backups, dumps of dropped databases, the log, a report."""
    ours = [guarded.shop.directory / name for name in ("backups", "logs", "report.html")]
    found = [path for one in ours for path in (one, *one.rglob("*"))]
    assert {"manifest.json", "verified.json", "toc.dat", "migration.log", "report.html"} <= {one.name for one in found}
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
