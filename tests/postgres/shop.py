"""A small split of its own: tests/acceptance/shop, loaded at any size, with a project directory."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.project import REPOSITORY, Answer, Project, awaited
from tests.servers import PostgresServer, create_database, drop_databases

CASE = REPOSITORY / "tests" / "acceptance" / "shop"


# Makes every row of one table take its time on the way in, and every row of another while its index is built: so the
# middle of the copy, and of the finishing, lasts long enough to be met, with few rows on whatever machine.
_SLOW = """
CREATE FUNCTION slowly(id bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM pg_catalog.pg_sleep(0.1); RETURN id; END $$;
ALTER TABLE notes ADD CONSTRAINT notes_slow CHECK (slowly(id) IS NOT NULL);
CREATE INDEX customers_slow_idx ON customers (slowly(id));
"""


@dataclass(frozen=True)
class Shop(Project):
    """The small split's project, with shortcuts for what its tests do over and over."""

    def plan(self) -> None:
        """dry-run, which has to pass."""
        self.succeed("dry-run")

    def split(self, *options: str) -> None:
        """dry-run and migrate, without a backup."""
        self.plan()
        self.succeed("migrate", "--without-backup", *options)

    def run_id(self) -> str:
        """The open run's id."""
        return str(self.run("status").document["run_id"])

    def take_back(self, *options: str) -> Answer:
        """rollback, confirmed."""
        return self.run("rollback", "--confirm", self.run_id(), *options)

    def steps(self, kind: str, status: str) -> int:
        """How many steps of that kind have that status in the open run."""
        statement = "SELECT step, status FROM steps WHERE run_id = (SELECT id FROM runs WHERE closed_at IS NULL)"
        return sum(1 for step, found in self.journal(statement) if step.startswith(f"{kind}:") and found == status)

    def nobody_works(self) -> bool:
        """Whether no session of a migrator is left on the server."""
        with psycopg.connect(self.source) as connection:
            return not connection.execute(
                "SELECT FROM pg_stat_activity WHERE application_name LIKE 'migrator%%' AND starts_with(datname, %s)",
                [self.prefix],
            ).fetchall()


def load_shop(url: str, *, tenants: int = 3, orders: int = 60) -> None:
    """Fills an empty database with the monolith."""
    with psycopg.connect(url, options=f"-c app.tenants={tenants} -c app.orders={orders}") as connection:
        connection.execute((CASE / "source.sql").read_bytes())


def make_shop(directory: Path, source: str, prefix: str) -> Shop:
    """The project, with trees of its own that a test may change."""
    shutil.copytree(CASE, directory, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    made = Shop.make(directory, source, prefix, (CASE / "migrator.toml").read_text(encoding="utf-8"))
    assert isinstance(made, Shop)
    return made


def make_slow(shop: Shop) -> Shop:
    """The same shop, whose copy and whose finishing last seconds."""
    with (shop.directory / "tenant" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write(_SLOW)
    return shop


def await_moment(shop: Shop, process: subprocess.Popen[str], moment: str) -> None:
    """Waits for a moment of a running migrate."""
    moments: Mapping[str, Callable[[], object]] = {
        "building a template": lambda: shop.steps("prepare", "running"),
        "making databases": lambda: any(name.startswith("tenant_") for name in shop.databases()),
        "copying": lambda: _copying(shop),
        "finishing": lambda: shop.steps("finish", "done"),
    }

    def reached() -> bool:
        assert process.poll() is None, f"migrate ended before {moment}"
        return bool(moments[moment]())

    awaited(reached)


def _copying(shop: Shop) -> bool:
    """Whether rows are on their way into a tenant's database, while those of another table have arrived."""
    with psycopg.connect(shop.source) as connection:
        found = connection.execute(
            "SELECT FROM pg_stat_activity WHERE starts_with(datname, %s) AND query LIKE 'COPY%%notes%%FROM STDIN'",
            [f"{shop.prefix}_tenant"],
        ).fetchall()
    return bool(found) and shop.steps("copy", "done") > 0


def kill_migrate(shop: Shop, moment: str) -> None:
    """Starts migrate and kills it, with its workers, at that moment."""
    process = shop.start("migrate", "--without-backup")
    await_moment(shop, process, moment)
    assert shop.end(process, signal.SIGKILL) is None
    assert process.returncode == -signal.SIGKILL


@contextmanager
def shop_on(
    server: PostgresServer, directory: Path, prefix: str, *, tenants: int = 3, orders: int = 60
) -> Iterator[Shop]:
    """A loaded shop whose databases are dropped at the end: for fixtures of a wider scope than one test."""
    create_database(server.url(), prefix)
    try:
        load_shop(server.url(prefix), tenants=tenants, orders=orders)
        yield make_shop(directory, server.url(prefix), prefix)
    finally:
        drop_databases(server.url(), prefix)
