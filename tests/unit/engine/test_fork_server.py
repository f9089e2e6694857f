"""The process that workers are forked from."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

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


# What remains of a coordinator that is killed while its pools hold semaphores: the tracker, which cleans up.
_KILLED = """
import multiprocessing, os, signal
from concurrent.futures import ProcessPoolExecutor
from migrator.engine.fork_server import WorkerContext, warm_up

warm_up()
pool = ProcessPoolExecutor(1, mp_context=WorkerContext())
worker = pool.submit(os.getpid).result()
if {kill}:
    os.kill(worker, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
pool.shutdown()
"""


@pytest.mark.parametrize("kill", [True, False])
def test_a_killed_coordinator_leaves_no_warning_of_pythons(kill: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED.format(kill=kill)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == (-signal.SIGKILL if kill else 0)
    assert "resource_tracker" not in done.stderr
