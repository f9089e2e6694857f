"""The process that workers are forked from."""

from __future__ import annotations

import subprocess
import sys

# What a terminal's Ctrl-C does while that process still imports; then whether workers can be forked from it.
_INTERRUPTED = """
import multiprocessing, os, signal
from multiprocessing import forkserver
from migrator.engine.fork_server import warm_up

warm_up()
os.kill(forkserver._forkserver._forkserver_pid, signal.SIGINT)
worker = multiprocessing.get_context("forkserver").Process(target=os.getpid)
worker.start()
worker.join()
print(worker.exitcode)
"""


def test_it_survives_a_ctrl_c_before_it_is_ready() -> None:
    done = subprocess.run([sys.executable, "-c", _INTERRUPTED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("0\n", "")
