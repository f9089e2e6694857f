"""The command line: options -> settings -> stage -> rendered result -> exit code, and nothing else."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command that the process was started with, and ends the process with its exit code."""
    try:
        from migrator.cli.run import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        # Before the command began, or while its result was written: nothing is left to put in order.
        sys.exit(130)
