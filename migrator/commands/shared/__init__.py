"""What several commands stand on: the workspace, the survey of the source, privileges."""
