"""status, placements and lock: how things stand."""
