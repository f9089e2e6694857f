"""A small split of its own: tests/acceptance/shop, loaded at any size, with a project directory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.project import REPOSITORY, Project
from tests.servers import PostgresServer, create_database, drop_databases

CASE = REPOSITORY / "tests" / "acceptance" / "shop"


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
