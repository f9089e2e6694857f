"""Renders the JSON document: one for each command, whatever happened."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from migrator.core.result.origin import Origin
from migrator.core.result.outcome import Outcome
from migrator.errors import MigratorError

# Raised when a key that is documented in docs/commands/README.md changes its meaning or goes; added keys do not count.
SCHEMA_VERSION = 1

_RESERVED = frozenset(
    {
        "schema_version",
        "command",
        "run_id",
        "status",
        "exit_code",
        "headline",
        "summary",
        "sections",
        "next",
        "error",
        "fence",
        "origin",
    }
)


def to_json(outcome: Outcome) -> str:
    """The outcome as one JSON document.

    Raises:
        ValueError: the outcome's data uses a key of the document itself, or holds what JSON cannot say.
    """
    return _dumped(outcome_document(outcome))


def error_to_json(
    error: MigratorError, command: str, run_id: str | None = None, *, fence: str = "", origin: Origin | None = None
) -> str:
    """An error as the same document, with `error` in it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "command": command,
        "run_id": run_id,
        "status": error.status,
        "exit_code": error.exit_code,
        "headline": error.message,
        "summary": {},
        "error": {"message": error.message, "hint": error.hint},
        "sections": [],
        "next": [],
        "fence": fence,
        "origin": origin,
    }
    return _dumped(_plain(document))


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """The document as a mapping of plain values."""
    if taken := _RESERVED & outcome.data.keys():
        raise ValueError(f"the data of {outcome.command} uses reserved keys: {', '.join(sorted(taken))}")
    document = {
        "schema_version": SCHEMA_VERSION,
        "command": outcome.command,
        "run_id": outcome.run_id,
        "status": outcome.status,
        "exit_code": outcome.exit_code,
        "headline": outcome.headline,
        "summary": outcome.summary,
        **outcome.data,
        "sections": outcome.sections,
        "next": outcome.next,
        "fence": outcome.fence,
        "origin": outcome.origin,
    }
    plain: dict[str, Any] = _plain(document)
    return plain


def _dumped(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """`value` in JSON's own types. Floats that JSON cannot write and exact decimals become strings."""
    match value:
        case None | bool() | int():
            return value
        case str():
            # A lone surrogate (an undecodable file name) cannot be encoded.
            return value.encode("utf-8", "backslashreplace").decode()
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case PurePath():
            return _plain(str(value))
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return sorted((_plain(item) for item in value), key=str)
    if is_dataclass(value) and not isinstance(value, type):
        # Not asdict: it copies deeply, which mapping proxies refuse.
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    raise ValueError(f"{type(value).__name__} has no place in a JSON document: {value!r}")
