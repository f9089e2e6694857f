"""Runs the revisions of notifications databases."""

from migrator.revisions import run_environment

# With models, autogenerate compares against them: run_environment(Base.metadata).
run_environment(None, schema="notifications")
