"""Databases that follow the monolith while the load writes to it hold, in the end, what was acknowledged."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest

from benchmarks.online import monolith
from benchmarks.online.compare import compare_monolith, compare_places
from benchmarks.online.followed import FollowingError, following
from benchmarks.online.lag import LagProbe
from benchmarks.online.load import Load, LoadOptions
from benchmarks.online.project import configuration
from benchmarks.online.routing import Still
from migrator import load_settings
from tests.servers import DatabaseFactory

COMPANIES = 3
OPTIONS = LoadOptions(COMPANIES, rate=120, processes=1, writers=4)


def test_what_was_acknowledged_is_what_followed(database_factory: DatabaseFactory, tmp_path: Path) -> None:
    source = database_factory()
    targets = {1: database_factory(), 3: database_factory()}
    monolith.create(source, COMPANIES, orders=12)
    file = tmp_path / "migrator.toml"
    file.write_text(configuration(source, tmp_path), encoding="utf-8")
    with Load(Still(source), OPTIONS) as load:
        time.sleep(0.4)
        with following(source, targets, load_settings(file, environment={})) as followed:
            ended = time.monotonic() + 1.5
            with LagProbe(followed.map, 1, COMPANIES) as probe:
                # As long as it takes until enough has been seen, on whatever machine.
                while time.monotonic() < ended or followed.progress.rows < 50 or not probe.samples:
                    followed.tick(proved=[1])
            load.end()
            followed.tick(proved=targets)
            ledger = load.outcome.ledger
            assert load.outcome.samples.failures == []
            assert compare_monolith(ledger, source) == compare_places(ledger, followed.map) == ()
            # Something was carried over row by row, and seen to arrive.
            assert followed.progress.rows >= 50
            assert followed.progress.proofs > 1
            assert probe.samples
            assert min(probe.samples) > 0
            # Somebody else writes there: neither the ledger nor the next proof agrees.
            with psycopg.connect(targets[1]) as connection:
                connection.execute("UPDATE notes SET body = '' WHERE id = (SELECT max(id) FROM notes)")
            assert {one.table for one in compare_places(ledger, followed.map)} == {"notes"}
            with pytest.raises(FollowingError, match="notes"):
                followed.tick(proved=[1])
