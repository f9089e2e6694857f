"""Fixtures of the tests that make things go wrong."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable, Iterator
from functools import cache, partial

import psycopg
import pytest

from tests.safety.survival import Ending, undisturbed
from tests.safety.trial import Trial, holding, load_monolith, plan, split, trial
from tests.servers import PostgresServer, drop_databases


@pytest.fixture(scope="session", autouse=True)
def _imports_are_no_garbage() -> Iterator[None]:
    """Each crash collects garbage, and would look through all that was imported: more than a tenth of a second."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def template(server: PostgresServer) -> Iterator[str]:
    """The name of a database with the small monolith, to be copied."""
    name = f"small_{uuid.uuid4().hex[:8]}"
    load_monolith(server.url, name)
    yield name
    drop_databases(server.url(), name)


@pytest.fixture
def here(server: PostgresServer, template: str) -> Iterator[Trial]:
    """A copy of the small monolith with a prefix and a directory of its own."""
    with trial(server.url, template) as made:
        yield made


@pytest.fixture(scope="session")
def ending(server: PostgresServer, template: str) -> Callable[[str], Ending]:
    """`ending(stage)` is how the stage ends when nothing disturbs it."""
    return cache(partial(undisturbed, server, template))


@pytest.fixture
def split_here(here: Trial) -> Trial:
    """The small case, split; lines of order 60 are out of the way, so that it can be deleted."""
    with psycopg.connect(here.url_of(here.source)) as connection:
        connection.execute("DELETE FROM order_lines WHERE order_id = 60")
    here.source_before = holding(here.url_of(here.source))
    here.run(plan)
    here.run(split)
    return here
