"""status, placements and lock: show how things stand."""
