"""Compares what two databases define, object by object, by name and never by OID."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple


class ObjectDifference(NamedTuple):
    """An object that two databases do not both have, or define differently; `name` is its identity within its kind."""

    kind: str
    name: str
    how: Literal["missing", "extra", "different"]


def object_differences(
    expected: Mapping[tuple[str, str], str], actual: Mapping[tuple[str, str], str]
) -> tuple[ObjectDifference, ...]:
    """Which objects two databases disagree on; each side gives definitions by kind and name."""
    return tuple(
        ObjectDifference(
            kind,
            name,
            "missing" if (kind, name) not in actual else "extra" if (kind, name) not in expected else "different",
        )
        for kind, name in sorted(expected.keys() | actual.keys())
        if expected.get((kind, name)) != actual.get((kind, name))
    )
