"""The command connections: where each tenant's rows are served, for applications and poolers."""
