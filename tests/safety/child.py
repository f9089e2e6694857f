"""The program as users run it, in processes of its own, with one fault that the environment names.

MIGRATOR_TEST_FAULT is "ACTION|NUMBER|LABEL": the action happens before the NUMBERth point of that label in whichever
process meets it first, which is the one that can make the file MIGRATOR_TEST_FAULT_ONCE. Workers import this module as
their coordinator's main one, so that they have the fault as well.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from contextlib import ExitStack, nullcontext

from migrator.cli.run import run
from migrator.engine import fork_server
from tests.safety.faults import Faults, Point, injected

VARIABLE = "MIGRATOR_TEST_FAULT"
ONCE = "MIGRATOR_TEST_FAULT_ONCE"

fork_server.main_hidden = nullcontext  # type: ignore[assignment]
_hooks = ExitStack()
if VARIABLE in os.environ:
    _action, _number, _label = os.environ[VARIABLE].split("|", 2)
    _met = 0

    def _happen(point: Point) -> None:
        global _met
        if point.label != _label:
            return
        _met += 1
        if _met != int(_number):
            return
        try:
            # Two workers that interrupt their coordinator once each have interrupted it twice.
            os.close(os.open(os.environ[ONCE], os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        parent = multiprocessing.parent_process()
        coordinator = parent.pid if parent is not None and parent.pid is not None else os.getpid()
        match _action:
            case "kill-coordinator":
                os.kill(coordinator, signal.SIGKILL)
                signal.pause()
            case "kill-worker":
                os.kill(os.getpid(), signal.SIGKILL)
            case "interrupt":
                os.kill(coordinator, signal.SIGINT)
            case "interrupt-twice":
                os.kill(coordinator, signal.SIGINT)
                os.kill(coordinator, signal.SIGINT)

    _hooks.enter_context(injected(Faults(_happen)))

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
