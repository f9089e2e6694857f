"""Every rule that the audit knows."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.core.audit import capacity, columns, history, indexes, keys, rows, source, spans, split, targets, usage
from migrator.core.audit.finding import Rule

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in sorted(
        (
            *split.RULES,
            *spans.RULES,
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
