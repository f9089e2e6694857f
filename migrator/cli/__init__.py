"""The command line: options -> settings -> stage -> rendered result -> exit code, and nothing else."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command that the process was started with, and ends the process with its exit code."""
    # A command's start is imports, and an eighth of their time went into looking for garbage among what they define.
    gc.set_threshold(50_000)
    try:
        from migrator.cli.run import run

        exit_code = run(sys.argv[1:])
    except KeyboardInterrupt:
        # Before the command began, or while its result was written: nothing is left to put in order.
        exit_code = 130
    # CPython takes a Ctrl-C that met an exec() of text, as where an import makes a dataclass, for unhandled whoever
    # handled it, and `python -m` then dies of SIGINT instead of exiting (pymain_run_module, bpo-41602). The next text
    # that is executed makes it forget.
    exec("")
    sys.exit(exit_code)
