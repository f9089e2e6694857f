from migrator.revisions import run_environment

run_environment(None)
