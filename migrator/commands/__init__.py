"""The seven stages: each takes a workspace, does or tells, and returns an Outcome."""
