"""Renders a graph as Graphviz source, or draws it by Graphviz."""

from __future__ import annotations

from collections.abc import Mapping

import graphviz

from migrator.core.result.graph import Graph, Line
from migrator.errors import ConfigurationError

# Light enough for black text, told apart by people who do not see all colours (ColorBrewer Set3, reordered).
_COLOURS = ("#80b1d3", "#fdb462", "#b3de69", "#bc80bd", "#ffed6f", "#8dd3c7", "#fccde5", "#bebada", "#ccebc5")
_FIXED = {"ignored": "#d9d9d9", "undecided": "#fb8072"}
_LEGEND: Mapping[Line, str] = {"dashed": "will cross databases", "dotted": "declared by no constraint"}


def to_dot(graph: Graph) -> str:
    """The graph as Graphviz source; names may hold anything."""
    return str(_drawing(graph).source)


def to_svg(graph: Graph) -> str:
    """The graph drawn.

    Raises:
        ConfigurationError: Graphviz's programs are not installed.
    """
    try:
        return str(_drawing(graph).pipe(format="svg", encoding="utf-8"))
    except graphviz.ExecutableNotFound as error:
        raise ConfigurationError(
            "Graphviz's program dot is not installed, which draws the picture.",
            "Install it (Debian: apt install graphviz), or take --output dot and draw that elsewhere.",
        ) from error


def _drawing(graph: Graph) -> graphviz.Digraph:
    names = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    free = iter(_COLOURS * (1 + len(graph.groups) // len(_COLOURS)))
    colours = {group: _FIXED.get(group) or next(free) for group in graph.groups}
    drawing: graphviz.Digraph = graphviz.Digraph(
        name="placements",
        graph_attr={
            "label": graphviz.escape(_title(graph)),
            "labelloc": "t",
            "rankdir": "LR",
            "fontname": "sans-serif",
        },
        node_attr={"shape": "box", "style": "filled", "fontname": "sans-serif", "fontsize": "11"},
        edge_attr={"fontname": "sans-serif", "fontsize": "9", "color": "#555555"},
    )
    for number, group in enumerate(graph.groups):
        with drawing.subgraph(name=f"cluster_{number}") as cluster:
            cluster.attr(label=graphviz.escape(group), color=colours[group], penwidth="2")
            for node in graph.nodes:
                if node.group == group:
                    cluster.node(names[node.id], graphviz.escape(node.label), fillcolor=colours[group])
    for edge in graph.edges:
        drawing.edge(names[edge.start], names[edge.end], graphviz.escape(edge.label), style=edge.line)
    return drawing


def _title(graph: Graph) -> str:
    drawn = {edge.line for edge in graph.edges}
    return "\n".join((graph.title, *(f"{line}: {meaning}" for line, meaning in _LEGEND.items() if line in drawn)))
