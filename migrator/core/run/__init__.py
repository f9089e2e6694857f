"""What a run is known by: the names of its steps, and the facts that its stages leave for each other."""
