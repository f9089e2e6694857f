"""Runs the tree's revisions."""

from migrator.revisions import run_environment

run_environment(None)
