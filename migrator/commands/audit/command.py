"""The stage audit: applies the rules to the source and grades it. It reads only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from migrator.commands.audit.history import run_history
from migrator.commands.audit.report import present
from migrator.commands.audit.result import Audited
from migrator.commands.audit.targets import look_at_targets
from migrator.commands.shared.workspace import Workspace
from migrator.core.audit.review import Baseline, chosen, read_baseline, review
from migrator.core.result.outcome import Outcome
from migrator.core.run.facts import AUDIT, AuditFact
from migrator.errors import ConfigurationError
from migrator.files import private_directory, write_atomically
from migrator.postgres.audit.facts import examine
from migrator.report.document import to_json


def audit(workspace: Workspace, *, baseline: Path | None = None, rules: tuple[str, ...] = ()) -> Audited:
    """Applies the audit's rules to the source; its document is kept under backups/audit/.

    `baseline` is the document of an earlier audit, whose findings are counted and not reported; `rules` are the ids of
    the rules to apply, none meaning all.

    Raises:
        ConfigurationError: a rule or the baseline does not exist, the document cannot be written, or migrator.toml does
            not fit the source.
        DatabaseError: the source cannot be read.
        RefusedError: another migrator holds the source's lock.
    """
    chosen(rules)
    known = _read_baseline(baseline) if baseline is not None else None
    with workspace.stage("audit") as (context, summary):
        with workspace.read_source("audit") as connection:
            facts = examine(connection, workspace.settings, workspace.progress)
        history = run_history(context) if not rules or "S23" in chosen(rules) else None
        facts = replace(facts, targets=look_at_targets(context), history=history)
        reviewed = review(facts, suppress=workspace.settings.audit.suppress, baseline=known, only=rules)
        result = Audited(context.id, facts, reviewed)
        outcome = present(result)
        file = _keep(workspace.backups / "audit", context.id, replace(outcome, origin=workspace.origin))
        counts: dict[str, int] = {severity: count for severity, count in reviewed.health.counts.items()}
        fact = AuditFact(str(file), reviewed.blocks, str(reviewed.health), counts, list(rules))
        context.journal.record(AUDIT, fact)
        summary.update(outcome.summary, file=str(file), status="findings" if reviewed.blocks else "done")
        return replace(result, file=file)


def _read_baseline(file: Path) -> Baseline:
    try:
        return read_baseline(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.", "Check --baseline.") from error
    except ValueError as error:
        raise ConfigurationError(f"{file} is not JSON: {error}", "Check --baseline.") from error


def _keep(directory: Path, run: str, outcome: Outcome) -> Path:
    """Writes the document under the next free number; the lock of the stage keeps others from taking it."""
    try:
        private_directory(directory)
        number = 1
        while (file := directory / f"{run}-{number}.json").exists():
            number += 1
        write_atomically(file, to_json(outcome).encode())
    except OSError as error:
        raise ConfigurationError(
            f"The audit's document cannot be written to {directory}: {error.strerror}.",
            "Free space there, or name another directory: [paths] backups.",
        ) from error
    return file
