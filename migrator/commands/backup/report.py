"""Presents a backup and its trial restore."""

from __future__ import annotations

from typing import Any

from migrator.commands.backup.result import BackedUp, Backup
from migrator.core.backup.manifest import Verification
from migrator.core.result.outcome import Outcome, Section


def present(result: BackedUp) -> Outcome:
    """Where the backup is, what it holds, and whether a restore gave it back; exit code 1 where one did not."""
    backup, verification = result.backup, result.verification
    manifest = backup.manifest
    failed = verification is not None and not verification.passed
    verified = "failed" if failed else "yes" if verification is not None else "no"
    rows_ = tuple(
        (f"{table.schema}.{table.name}", table.rows)
        for table in sorted(manifest.inventory.tables, key=lambda table: -table.rows)
    )
    sections = [
        Section(
            "Backup",
            ("what", "value"),
            (
                ("directory", str(backup.directory)),
                ("source", f"{manifest.source.database} (system {manifest.source.system_identifier})"),
                ("taken at", f"{manifest.started_at:%Y-%m-%d %H:%M:%S} UTC, LSN {manifest.lsn}"),
                ("by", f"{manifest.program}, {len(manifest.files)} files"),
            ),
            text=backup.why,
        ),
        Section("Rows, in the snapshot of the dump", ("table", "rows"), rows_),
    ]
    if verification is not None:
        sections.append(_verification_section(verification))
    took = "taken" if backup.taken else "kept: it is undamaged and equals the source"
    return Outcome(
        command="backup",
        status="findings" if failed else "done" if backup.taken or result.tried else "nothing-to-do",
        exit_code=1 if failed else 0,
        run_id=result.run_id,
        headline=f"Backup {backup.directory.name} {took}; "
        + {"yes": "a restore gave back every row.", "no": "not tried by a restore.", "failed": "A RESTORE FAILED."}[
            verified
        ],
        summary={
            "directory": str(backup.directory),
            "tables": len(manifest.inventory.tables),
            "rows": manifest.inventory.rows,
            "bytes": manifest.size,
            "seconds": manifest.seconds,
            "verified": verified,
        },
        sections=tuple(sections),
        data={"backup": _document(backup, verification)},
        next=("migrator backup --verify", "migrator audit") if verified == "no" else ("migrator audit",),
    )


def _verification_section(verification: Verification) -> Section:
    lines = (
        *(("difference", text) for text in verification.differences),
        *(("not restored", text) for text in verification.errors),
        *(("role missing", text) for text in verification.notes),
    )
    text = (
        f"Restored into a scratch database at {verification.at:%Y-%m-%d %H:%M:%S} UTC "
        f"in {verification.seconds:.1f} s: the digests of {verification.tables} tables ({verification.rows:,} rows) "
        + ("agree." if not verification.differences else "do not all agree.")
    )
    return Section(
        "Trial restore",
        ("kind", "what") if lines else (),
        tuple(lines),
        text=text,
        tone="good" if verification.passed else "bad",
    )


def _document(backup: Backup, verification: Verification | None) -> dict[str, Any]:
    manifest = backup.manifest
    return {
        "directory": str(backup.directory),
        "taken": backup.taken,
        "why": backup.why,
        "source": manifest.source.id,
        "server_version": manifest.source.server_version,
        "lsn": manifest.lsn,
        "started_at": manifest.started_at.isoformat(),
        "program": manifest.program,
        "tables": {f"{table.schema}.{table.name}": table.rows for table in manifest.inventory.tables},
        "verification": None
        if verification is None
        else {
            "passed": verification.passed,
            "at": verification.at.isoformat(),
            "seconds": verification.seconds,
            "differences": list(verification.differences),
            "errors": list(verification.errors),
            "notes": list(verification.notes),
        },
    }
