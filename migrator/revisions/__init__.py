"""Runs Alembic trees, and offers what a tree's env.py calls.

A tree's env.py is two lines, because everything else is here:

    from migrator.revisions import metadata_beside, run_environment
    run_environment(metadata_beside(__file__))
"""

from __future__ import annotations

from migrator.revisions.autogenerate import differences, unknown_tables
from migrator.revisions.environment import URL_VARIABLE, metadata_beside, run_environment, run_scripts
from migrator.revisions.tree import Connect, digest, has_models, heads
from migrator.revisions.upgrading import current, downgrade, upgrade, upgrade_together

__all__ = [
    "URL_VARIABLE",
    "Connect",
    "current",
    "differences",
    "digest",
    "downgrade",
    "has_models",
    "heads",
    "metadata_beside",
    "run_environment",
    "run_scripts",
    "unknown_tables",
    "upgrade",
    "upgrade_together",
]
