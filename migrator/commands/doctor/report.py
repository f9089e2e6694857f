"""Presents what doctor saw: a line for each thing, with the remedy where it is not good."""

from __future__ import annotations

from migrator.commands.doctor.command import Examination
from migrator.core.doctor.diagnosis import Diagnosis, Health
from migrator.core.result.outcome import Outcome, Section, Tone
from migrator.core.result.wording import plural

_TONES: dict[Health, Tone] = {"failed": "bad", "warning": "warning", "ok": "good"}


def present(result: Examination) -> Outcome:
    """Parts in the order in which they are mended, a line each; exit code 1 where something failed."""
    failed, warnings = len(result.failed), sum(one.health == "warning" for one in result.diagnoses)
    command = f"migrator doctor --stage {result.stage}" if result.stage else "migrator doctor"
    after = f"migrator {result.stage}" if result.stage else "migrator placements"
    return Outcome(
        "doctor",
        "findings" if failed else "done",
        1 if failed else 0,
        headline=_headline(failed, warnings, result.stage),
        summary={
            "source": result.source,
            "ok": len(result.diagnoses) - failed - warnings,
            "warnings": warnings,
            "failed": failed,
        },
        sections=tuple(
            _section(part, [one for one in result.diagnoses if one.part == part])
            for part in dict.fromkeys(one.part for one in result.diagnoses)
        ),
        data={
            "stage": result.stage,
            "diagnoses": [
                {
                    "part": one.part,
                    "subject": one.subject,
                    "health": one.health,
                    "detail": one.detail,
                    "remedy": one.remedy,
                    "stages": one.stages,
                }
                for one in result.diagnoses
            ],
        },
        next=(command,) if failed else (after,),
    )


def _section(part: str, diagnoses: list[Diagnosis]) -> Section:
    worst = next(health for health in _TONES if any(one.health == health for one in diagnoses))
    return Section(
        part[0].upper() + part[1:],
        ("what", "is", "detail", "remedy"),
        tuple((one.subject, one.health, one.detail, one.remedy) for one in diagnoses),
        tone=_TONES[worst],
    )


def _headline(failed: int, warnings: int, stage: str | None) -> str:
    purpose = stage or "a migration"
    if failed:
        return f"{plural(failed, 'thing')} must be mended before {purpose}; {plural(warnings, 'warning')}."
    return f"Nothing stands in the way of {purpose}; {plural(warnings, 'warning')}."
