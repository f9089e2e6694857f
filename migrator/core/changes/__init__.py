"""Changes of rows, and the conflicts that carrying them to the other side meets."""
