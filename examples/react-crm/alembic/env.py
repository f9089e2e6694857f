"""Runs the revisions of the CRM's history."""

from migrator.revisions import metadata_beside, run_environment

run_environment(metadata_beside(__file__))
