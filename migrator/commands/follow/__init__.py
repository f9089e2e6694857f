"""The command follow: keeps every database like the source while that is written to."""
