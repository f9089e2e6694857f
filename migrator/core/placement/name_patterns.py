"""Matches names that hold a tenant's key: "conv_seq_{id}" names the sequence of one tenant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from migrator.core.schema.catalog import Relation

FIELD = "{id}"


def owner(patterns: Sequence[str], relation: Relation) -> str | None:
    """The key that an object's name holds by one of the patterns: "conv_seq_{id}", "crm.log_{id}"; None without."""
    for pattern in patterns:
        for name in (relation.name, relation.full_name):
            if (match := _expression(pattern).fullmatch(name)) is not None:
                return match["id"]
    return None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    before, _, after = pattern.partition(FIELD)
    # log_7_no_seq is no object of the tenant 7_no_seq.
    return re.compile(f"{re.escape(before)}(?P<id>[^_]+){re.escape(after)}", re.DOTALL)
