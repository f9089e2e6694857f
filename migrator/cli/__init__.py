"""The command line: options -> settings -> stage -> rendered result -> exit code, and nothing else."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command that the process was started with, and ends the process with its exit code."""
    from migrator.cli.run import run

    sys.exit(run(sys.argv[1:]))
