"""The machine and the programs that a measurement was made with: without them its seconds mean nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import psycopg

from benchmarks.testbed import HERE, Testbed

_SETTINGS = ("shared_buffers", "max_wal_size", "maintenance_work_mem", "fsync", "synchronous_commit", "max_connections")


def describe(bed: Testbed, pgcopydb: str) -> dict[str, str]:
    """What the results say about where they come from; `pgcopydb` is its version, '' where it is absent."""
    with psycopg.connect(bed.server.url()) as connection:
        version = connection.execute("SELECT current_setting('server_version')").fetchone()
        settings = connection.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY (%s) ORDER BY name", [list(_SETTINGS)]
        ).fetchall()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": f"{_processor()}, {_cores()} cores",
        "memory": f"{memory / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "psycopg": f"{psycopg.__version__} ({psycopg.pq.__impl__})",
        "postgres": str(version[0]) if version else "",
        "settings": ", ".join(f"{name} = {value}" for name, value in settings),
        "pgcopydb": pgcopydb or "absent",
        "migrator": _revision(),
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _cores() -> int:
    """Those that we may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _revision() -> str:
    done = subprocess.run(
        ["git", "-C", str(HERE), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
