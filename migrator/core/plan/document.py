"""Writes a plan as JSON with a version of its shape, and reads it back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from migrator.core.plan.steps import Plan
from migrator.errors import RefusedError

# One more with every change that makes the plans of earlier versions unreadable. The first plans had no version: they
# were written and never read.
FORMAT = 2


@cache
def _plans() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def stored_plan(plan: Plan) -> dict[str, Any]:
    """The plan as JSON-ready data, from which `read_plan` makes an equal one. The order of its mappings counts."""
    return {"format": FORMAT, **_plans().dump_python(plan, mode="json")}


def read_plan(document: Mapping[str, Any]) -> Plan:
    """The plan that `stored_plan` wrote.

    Raises:
        RefusedError: another version of the program wrote it, in a shape that this one cannot read.
    """
    content = dict(document)
    version = content.pop("format", 1)
    name = str(content.get("fingerprint", ""))[:12]
    if version != FORMAT:
        writer = "a later" if version > FORMAT else "an earlier"
        raise _unreadable(name, f"{writer} version of migrator wrote it (format {version}, this one reads {FORMAT})")
    try:
        return _plans().validate_python(content)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise _unreadable(name, f"it is damaged, or another version of migrator wrote it ({place})") from error


def _unreadable(name: str, why: str) -> RefusedError:
    return RefusedError(
        f"The stored plan {name} cannot be read: {why}.",
        "Plan anew: `migrator dry-run`. What was migrated by it is taken back by `migrator rollback --validate`, or "
        "looked at with the version that migrated it.",
    )
