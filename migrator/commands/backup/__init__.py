"""backup: dumps the source, with a manifest."""
