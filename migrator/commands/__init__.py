"""The use cases: each takes a workspace, does its work, and returns an Outcome."""
