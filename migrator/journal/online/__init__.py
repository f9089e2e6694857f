"""Records how far each database of a run follows the source, and who serves its rows."""
