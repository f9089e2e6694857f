"""A picture as a value: tables by target, and their references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Line = Literal["solid", "dashed", "dotted"]


@dataclass(frozen=True, slots=True)
class Node:
    """A box; nodes of one group bear its colour and stand together."""

    id: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two nodes."""

    start: str
    end: str
    label: str = ""
    line: Line = "solid"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and arrows, with the groups in the order in which they get their colours."""

    title: str
    groups: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
