"""Suggests which setting a misspelt one was meant for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from migrator.settings.section import Section


def close_name(section: type[Section], location: Sequence[int | str]) -> str | None:
    """The setting's name that is closest to the last part of `location`, a path from `section`; None where none is."""
    *parents, name = location
    kind: Any = section
    for part in parents:
        kind = _within(kind, part)
    if not _is_section(kind):
        return None
    known = [field.alias or own for own, field in kind.model_fields.items()]
    return next(iter(get_close_matches(str(name), known, n=1)), None)


def _within(kind: Any, part: int | str) -> Any:
    """What the annotation `kind` says of its part; None where it says nothing."""
    if _is_section(kind):
        fields = kind.model_fields.items()
        return _bare(next((field.annotation for own, field in fields if part in (own, field.alias)), None))
    arguments = get_args(kind)
    if isinstance(origin := get_origin(kind), type) and issubclass(origin, Mapping):
        return _bare(arguments[1])
    return _bare(arguments[0]) if origin is tuple else None


def _bare(kind: Any) -> Any:
    """An annotation without its metadata, and without the None beside it."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    others = [one for one in get_args(kind) if one is not NoneType]
    return _bare(others[0]) if NoneType in get_args(kind) and others else kind


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)
