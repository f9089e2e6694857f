"""What several commands use: the workspace, the survey of the source, privileges, roles, trees."""
