"""The map that applications of a split monolith read."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.online.routing import FileRouting, Map, Place, write_map


def test_the_map_says_how_each_company_is_reached(tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    routing = FileRouting(file, "host=a user=app password=secret dbname=shop")
    assert routing.read() == Map(routing.monolith)
    east = {"state": "live", "database": "shop_2", "host": "east", "port": "5433", "user": ""}
    write_map(file, 7, {1: {"state": "frozen"}, 2: east, 3: {"state": "monolith"}})
    routes = routing.read()
    assert routes.generation == 7
    assert routes.of(1) == Place(routing.monolith, "frozen")
    assert routes.of(2) == Place("user=app password=secret dbname=shop_2 host=east port=5433", "live")
    assert routes.of(3) == routes.of(4) == routes.of(None) == Place(routing.monolith)
    assert "secret" not in repr(routes)
    write_map(file, 8, {1: {"state": "elsewhere"}})
    with pytest.raises(ValueError, match="elsewhere"):
        routing.read()
