"""Placements as a picture: grouped by target, severed keys dashed, whatever the names hold."""

from __future__ import annotations

from dataclasses import replace

from migrator.commands.status.placements import placement_graph
from migrator.core.placement.place import place
from migrator.core.result.graph import Edge, Graph, Node
from migrator.report.picture import to_dot
from migrator.settings import Settings
from tests.audit_facts import SPLIT
from tests.schema import catalog, key, table


def test_keys_across_databases_are_dashed_and_undeclared_ones_dotted() -> None:
    found = catalog(
        table("companies", "id integer!"),
        table("orders", "id int!", "company_id integer!", keys=(key("orders", "company_id", "companies"),)),
        table("lines", "id int!", "order_id int!", keys=(key("lines", "order_id", "orders"),)),
        table("notes", "id int!", "line_id int!"),
        table("lost", "id int!"),
    )
    settings = Settings.model_validate({**SPLIT, "tables": {"notes": {"virtual": ["line_id -> lines.id"]}}})
    graph = placement_graph("monolith", place(found, settings), tuple(settings.targets))
    assert graph.groups == ("auth", "tenant", "undecided")
    assert {(edge.start, edge.end): edge.line for edge in graph.edges} == {
        ("orders", "companies"): "dashed", ("lines", "orders"): "solid", ("notes", "lines"): "dotted",
    }  # fmt: skip


def test_names_are_text_and_not_graphviz() -> None:
    names = ('a"b', "<b>x</b>", "a:port", "back\\slash", "été")
    graph = Graph(
        "t", ("auth",), tuple(Node(name, name, "auth") for name in names), (Edge(names[0], names[1], "x\\n", "dashed"),)
    )
    source = to_dot(graph)
    assert '"a\\"b"' in source
    assert '"<b>x</b>"' in source
    assert "back\\\\slash" in source
    assert "n0 -> n1" in source


def test_the_kinds_of_lines_that_are_drawn_are_explained() -> None:
    nodes = tuple(Node(name, name, "auth") for name in "ab")
    plain = Graph("shop", ("auth",), nodes, (Edge("a", "b"),))
    assert "cross" not in to_dot(plain)
    assert "dashed: will cross databases" in to_dot(replace(plain, edges=(Edge("a", "b", line="dashed"),)))
    assert "dotted: declared by no constraint" in to_dot(replace(plain, edges=(Edge("a", "b", line="dotted"),)))
