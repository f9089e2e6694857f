"""Target databases: templates, bare templates, what is built after the copy, roles."""
