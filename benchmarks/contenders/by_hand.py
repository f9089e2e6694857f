"""The script that people write; it proves nothing."""

from __future__ import annotations

from pathlib import Path

from benchmarks.case import Case, Measured
from benchmarks.testbed import MONOLITH, SQL, Testbed

_SCRIPT = Path(__file__).with_name("by_hand.sh")


def measure(bed: Testbed, case: Case) -> Measured:
    """Runs by_hand.sh, one company after another."""
    try:
        with bed.watched() as used:
            ran = bed.run(
                [
                    "bash",
                    str(_SCRIPT),
                    bed.server.url(MONOLITH),
                    bed.server.url("DATABASE"),
                    str(SQL),
                    str(case.tenants),
                ]
            )
        return Measured({"script": ran.seconds}, used.peaks, processor=used.processor)
    finally:
        bed.drop_prefixed("by_hand_")
