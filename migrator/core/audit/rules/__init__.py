"""Every rule that the audit knows."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.core.audit.finding import Rule
from migrator.core.audit.rules import (
    capacity,
    columns,
    cross_target,
    history,
    indexes,
    keys,
    rows,
    source,
    split,
    targets,
    usage,
)

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in sorted(
        (
            *split.RULES,
            *cross_target.RULES,
            *rows.RULES,
            *source.RULES,
            *keys.RULES,
            *indexes.RULES,
            *columns.RULES,
            *capacity.RULES,
            *usage.RULES,
            *targets.RULES,
            *history.RULES,
        ),
        key=lambda rule: rule.id,
    )
}
