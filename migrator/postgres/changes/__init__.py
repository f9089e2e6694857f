"""Changes of rows: found by key, kept in files, applied to the other side."""
